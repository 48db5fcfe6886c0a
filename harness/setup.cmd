@echo off
rem Called by the commands beside it, within their setlocal and from the checkout's top: installs
rem what is missing and builds build\native. Everything but winget's packages is written in build\.
rem Tried with Wine's cmd and stand-ins (tests\harness\test_setup_cmd.py): untested on Windows.

set python_package=Python.Python.3.13
set compiler_package=BrechtSanders.WinLibs.POSIX.UCRT
rem Where vswhere is since Visual Studio 2017 15.2, and where an earlier run has put Meson and Ninja.
set "PATH=%CD%\build\tools\Scripts;%PATH%;%ProgramFiles(x86)%\Microsoft Visual Studio\Installer"
if not exist build mkdir build

set vsenv=
set packages=
set tools=

if not defined MSYSTEM goto plain
rem Git's shell sets MSYSTEM too, but has no pacman.
call pacman --version >nul 2>nul
if not errorlevel 1 goto msys2

:plain
call :find_compiler
call :find_tools
call :find_python
if not defined compiler set packages=%packages% %compiler_package%
rem Meson's own Python does not do: the installer's Meson has none that can run the tests.
if not defined python set packages=%packages% %python_package%
if "%packages%%tools%"=="" goto build

if not defined compiler call :say "There is no Visual Studio 2022 from 17.5 on with its C compiler, no gcc and no clang."
set what=
if defined packages set what=%packages% (by winget)
if defined tools set what=%what% %tools% (by pip, in build\tools)
set what=%what:~1%
if "%IOMODELS_INSTALL%"=="no" goto declined
call :say "installing: %what%"
call :say "To decline, press Ctrl-C now; with IOMODELS_INSTALL=no nothing is ever installed."
if not defined packages goto install_tools
call winget --version >nul 2>nul
if errorlevel 1 goto without_winget
rem Its exit status also tells that a package is there already: what counts is what is found then.
for %%p in (%packages%) do call winget install --exact --id %%p --source winget
if not defined compiler call :find_compiler
if not defined compiler goto not_found
if not defined python call :find_python
if not defined python goto not_found

:install_tools
if not defined tools goto build
call %python% -m venv build\tools
if errorlevel 1 goto failed
call build\tools\Scripts\python -m pip install --quiet --disable-pip-version-check %tools%
if errorlevel 1 goto failed
goto build

rem Sets compiler to whose it is. CC says which one is wanted; a developer prompt has one.
:find_compiler
set compiler=
if defined CC set "compiler=%CC%"
if defined VSINSTALLDIR set compiler=prompt
if defined compiler goto :eof
rem 17.5: the first with C11's atomics. By a file, since `for` can't quote a command with quotes.
call vswhere -latest -prerelease -products * -version "[17.5,)" -requires Microsoft.VisualStudio.Component.VC.Tools.x86.x64 -property installationPath >build\vswhere.txt 2>nul
set /p compiler=<build\vswhere.txt
if defined compiler set vsenv=--vsenv
if defined compiler goto :eof
call gcc --version >nul 2>nul
if not errorlevel 1 set compiler=gcc
if defined compiler goto :eof
call clang --version >nul 2>nul
if not errorlevel 1 set compiler=clang
if defined compiler goto :eof
rem winget's PATH is that of prompts opened later.
set unpacked=WinGet\Packages\%compiler_package%_Microsoft.Winget.Source_8wekyb3d8bbwe\mingw64\bin
for %%d in ("%LocalAppData%\Microsoft\%unpacked%" "%ProgramFiles%\%unpacked%") do if exist "%%~d\gcc.*" set "compiler=%%~d"
if defined compiler set "PATH=%compiler%;%PATH%"
goto :eof

rem Sets tools to those that are missing: both, where one is, so that they fit together.
:find_tools
call meson --version >nul 2>nul
if errorlevel 1 set tools=meson ninja
call ninja --version >nul 2>nul
if errorlevel 1 set tools=meson ninja
goto :eof

rem Sets python to its command. Windows' own python.exe only offers the shop, and fails.
:find_python
set python=
call python -c "import venv" >nul 2>nul
if not errorlevel 1 set python=python
if defined python goto :eof
call py -3 -c "import venv" >nul 2>nul
if not errorlevel 1 set python=py -3
if defined python goto :eof
for %%d in ("%LocalAppData%\Programs\Python\Python313" "%ProgramFiles%\Python313") do if exist "%%~d\python.*" set "python=%%~d"
if not defined python goto :eof
set "PATH=%python%;%PATH%"
set python=python
goto :eof

:msys2
if not defined MINGW_PACKAGE_PREFIX goto msys2_plain
call gcc --version >nul 2>nul
if errorlevel 1 call clang --version >nul 2>nul
if errorlevel 1 set packages=%packages% %MINGW_PACKAGE_PREFIX%-cc
call meson --version >nul 2>nul
if errorlevel 1 set packages=%packages% %MINGW_PACKAGE_PREFIX%-meson
call ninja --version >nul 2>nul
if errorlevel 1 set packages=%packages% %MINGW_PACKAGE_PREFIX%-ninja
if not defined packages goto build
call :say "missing; install: pacman -S%packages%"
exit /b 1

:msys2_plain
call :say "MSYS2's MSYS shell makes no Windows programs: start this in its UCRT64 shell."
exit /b 1

:declined
call :say "missing: %what%"
call :say "Nothing is installed, since IOMODELS_INSTALL=no."
exit /b 1

:without_winget
call :say "winget is missing (the App Installer of Microsoft's shop). Install by hand:%packages%"
exit /b 1

:not_found
call :say "Installed, but not found: open a new prompt and start this again."
exit /b 1

:failed
call :say "failed, see above: %what%"
exit /b 1

:say
>&2 echo %~1
goto :eof

:build
if /i "%VSCMD_ARG_TGT_ARCH%"=="x86" call :say "This prompt builds for 32 bits; the x64 Native Tools prompt builds for 64."
if exist build\native\build.ninja goto compile
call meson setup %vsenv% build\native
if errorlevel 1 exit /b 1
:compile
call meson compile -C build\native
if errorlevel 1 exit /b 1
exit /b 0
