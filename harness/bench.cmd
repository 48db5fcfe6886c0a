@echo off
rem bench [ARGUMENT...]: builds on Windows itself and runs `iomodels bench ARGUMENT...` from the
rem checkout's top. Start it from a Visual Studio developer prompt or from MSYS2's UCRT64 shell.
rem Tried with the cmd of Wine only: untested on Windows.
setlocal
cd /d "%~dp0.."
call meson --version >nul 2>nul
if errorlevel 1 (
    echo meson is missing: pip install meson ninja
    echo or, in MSYS2: pacman -S mingw-w64-ucrt-x86_64-gcc mingw-w64-ucrt-x86_64-meson mingw-w64-ucrt-x86_64-ninja
    exit /b 1
)
if not exist build\native\build.ninja call meson setup build\native
if errorlevel 1 exit /b 1
call meson compile -C build\native
if errorlevel 1 exit /b 1
build\native\harness\iomodels.exe bench %*
exit /b %errorlevel%
