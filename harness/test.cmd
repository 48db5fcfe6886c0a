@echo off
rem Tried with Wine's cmd only: untested on Windows.
setlocal
cd /d "%~dp0.."
if "%~1"=="-h" goto usage
if "%~1"=="--help" goto usage
if "%~1"=="/?" goto usage
call harness\setup.cmd
if errorlevel 1 exit /b 1
call meson test -C build\native --no-rebuild %*
exit /b %errorlevel%

:usage
echo usage: harness\test.cmd [ARGUMENT...]
echo.
echo Installs what is missing, as harness\bench.cmd does, builds, and runs every test.
echo Each ARGUMENT goes to `meson test`: --suite unit, a test's name, --repeat 10, ...
exit /b 0
