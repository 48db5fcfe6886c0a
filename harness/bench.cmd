@echo off
rem Tried with Wine's cmd only: untested on Windows.
setlocal
cd /d "%~dp0.."
if "%~1"=="-h" goto usage
if "%~1"=="--help" goto usage
if "%~1"=="/?" goto usage
call harness\setup.cmd
if errorlevel 1 exit /b 1
build\native\harness\iomodels.exe bench --report %*
exit /b %errorlevel%

:usage
echo usage: harness\bench.cmd [ARGUMENT...]
echo.
echo Installs what is missing: Meson and Ninja by pip in build\tools, Python by winget, and where there
echo is no C compiler at all, MinGW-w64 by winget. It says beforehand what; IOMODELS_INSTALL=no: nothing.
echo Builds with Visual Studio 2022 (17.5 or later), else with gcc or clang; CC=gcc: with that one.
echo In MSYS2's UCRT64 shell it uses what is there, and names the packages that are missing.
echo Then it runs `iomodels bench` with the ARGUMENTs, from the checkout's top, and makes report.html
echo of it, a page to look at.
echo.
echo PowerShell takes the quotes away from a .cmd's arguments. With arguments that have blanks, call
echo the program itself: build\native\harness\iomodels.exe bench ARGUMENT...
echo.
if not exist build\native\harness\iomodels.exe echo The arguments of 'iomodels bench' can be shown once it is built.
if exist build\native\harness\iomodels.exe build\native\harness\iomodels.exe bench --help
exit /b 0
