"""What Windows' two commands look for, say and install, with stand-ins for all that they call.

The stand-ins are .cmd files on a PATH of their own. They log how they were called, and put in place
what the real ones install: winget a Python or a compiler, pip Meson and Ninja.
"""
import os
import shutil
import unittest

import tool

COMPILER = "BrechtSanders.WinLibs.POSIX.UCRT"
PYTHON = "Python.Python.3.13"
WINGET = "winget install --exact --id %s --source winget"
VENV = "python -m venv build\\tools"
PIP = "tools-python -m pip install --quiet --disable-pip-version-check meson ninja"
SETUP = "meson setup %sbuild\\native"
COMPILE = "meson compile -C build\\native"
HINT = "To decline, press Ctrl-C now; with IOMODELS_INSTALL=no nothing is ever installed."
UNSET = ("CC", "VSINSTALLDIR", "VSCMD_ARG_TGT_ARCH", "MSYSTEM", "MINGW_PACKAGE_PREFIX",
         "IOMODELS_INSTALL")

MESON = r'if "%1"=="setup" mkdir build\native& if "%1"=="setup" echo.>build\native\build.ninja'
# pip: Meson and Ninja are among its `later`.
TOOLS_PYTHON = r'if "%2"=="pip" copy later\meson.cmd build\tools\Scripts\meson.cmd >nul& ' \
               r'if "%2"=="pip" copy later\ninja.cmd build\tools\Scripts\ninja.cmd >nul'
PYTHON_DOES = r'if "%2"=="venv" mkdir build\tools\Scripts& ' \
              r'if "%2"=="venv" copy later\tools-python.cmd build\tools\Scripts\python.cmd >nul'
# No variables: in Wine 8.0 one whose name begins with p is taken for the caller's `for %%p`.
BIN = r"local\Microsoft\WinGet\Packages\%4_Microsoft.Winget.Source_8wekyb3d8bbwe\mingw64\bin"
WINGET_DOES = "\r\n".join((
    r'if "%4"=="Python.Python.3.13" mkdir local\Programs\Python\Python313',
    r'if "%4"=="Python.Python.3.13" copy later\python.cmd local\Programs\Python\Python313 >nul',
    r'if not "%4"=="BrechtSanders.WinLibs.POSIX.UCRT" exit /b 0',
    "mkdir " + BIN,
    "copy later\\gcc.cmd " + BIN + " >nul"))
DOES = {"meson": MESON, "tools-python": TOOLS_PYTHON, "python": PYTHON_DOES, "winget": WINGET_DOES,
        "vswhere": r"echo C:\Program Files\Visual Studio"}
LATER = "meson", "ninja", "tools-python", "python", "gcc"


@unittest.skipUnless(tool.ON_WINDOWS or tool.ON_WINE, "cmd is Windows'")
class SetupCmd(unittest.TestCase):
    def setUp(self):
        place = tool.folder()
        self.top = place.__enter__()
        self.addCleanup(place.__exit__, None, None, None)
        self.environment = {}
        shutil.copytree(os.path.join(tool.SOURCE, "harness"), self.path("harness"),
                        ignore=lambda _, names: [n for n in names if not n.endswith(".cmd")])
        for folder in "bin", "later", "local":
            os.mkdir(self.path(folder))
        for name in LATER:
            self.write("later", name)

    def path(self, *names):
        return os.path.join(self.top, *names)

    def write_lines(self, path, *lines):
        with open(path, "w", encoding="ascii", newline="\r\n") as file:
            file.write("\n".join(("@echo off",) + lines + ("",)))

    def write(self, folder, name, does=None):
        """A stand-in: it logs its call, but for the question whether it is there."""
        body = DOES.get(name, "") if does is None else does
        self.write_lines(self.path(folder, name + ".cmd"),
                         'if "%1"=="--version" exit /b 0', 'if "%1"=="-c" exit /b 0',
                         'if "%2"=="-c" exit /b 0',
                         ">>log.txt echo " + name + " %*", *body.split("\r\n"))

    def have(self, *names):
        for name in names:
            self.write("bin", name)

    def run_cmd(self, command, *arguments):
        """The command's Result."""
        unset = ["set %s=" % name for name in UNSET if name not in self.environment]
        self.write_lines(
            self.path("drive.cmd"),
            'set "TOP=%~dp0"',
            r'set "PATH=%TOP%bin;%SystemRoot%\system32;%SystemRoot%"',
            r'set "LocalAppData=%TOP%local"', r'set "ProgramFiles=%TOP%"',
            r'set "ProgramFiles(x86)=%TOP%none (x86)"', *unset,
            *["set %s=%s" % pair for pair in self.environment.items()],
            'cd /d C:\\', "call \"%%TOP%%harness\\%s.cmd\" %s" % (command, " ".join(arguments)),
            "exit /b %errorlevel%")
        process = tool.Process(("/c", "drive.cmd"), program="cmd", cwd=self.top)
        return process.end()

    def log(self):
        try:
            with open(self.path("log.txt"), encoding="ascii") as file:
                return [" ".join(line.split()) for line in file if not line.startswith("vswhere")]
        except FileNotFoundError:
            return []

    def check(self, command, *log, said=()):
        """It succeeds, having called and said just this."""
        result = self.run_cmd(command)
        self.assertEqual((result.status, result.err.splitlines()), (0, list(said)))
        tests = ("meson test -C build\\native --no-rebuild",) if command == "test" else ()
        self.assertEqual(self.log(), list(log + tests))

    def check_refused(self, command, *said):
        result = self.run_cmd(command)
        self.assertEqual((result.status, result.err.splitlines()), (1, list(said)))
        self.assertEqual(self.log(), [])

    def test_nothing_is_missing(self):
        self.have("gcc", "meson", "ninja", "python")
        self.check("test", SETUP % "", COMPILE)

    def test_set_up_once(self):
        self.have("gcc", "meson", "ninja", "python")
        self.run_cmd("test")
        os.remove(self.path("log.txt"))
        self.check("test", COMPILE)

    def test_visual_studio_and_nothing_else(self):
        self.have("vswhere", "winget")
        self.check("test", WINGET % PYTHON, VENV, PIP, SETUP % "--vsenv ", COMPILE,
                   said=["installing: %s (by winget) meson ninja (by pip, in build\\tools)" % PYTHON,
                         HINT])
        with open(self.path("log.txt"), encoding="ascii") as file:
            self.assertIn('-version "[17.5,)"', file.readline())

    def test_visual_studio_where_it_says(self):
        """Where Visual Studio's installer puts vswhere, which is not on the PATH."""
        self.have("meson", "ninja", "python", "gcc")
        installer = self.path("none (x86)", "Microsoft Visual Studio", "Installer")
        os.makedirs(installer)
        self.have("vswhere")
        shutil.move(self.path("bin", "vswhere.cmd"), installer)
        self.check("test", SETUP % "--vsenv ", COMPILE)

    def test_no_visual_studio_of_that_version(self):
        self.write("bin", "vswhere", "")
        self.have("meson", "ninja", "python", "gcc")
        self.check("test", SETUP % "", COMPILE)

    def test_developer_prompt(self):
        self.have("meson", "ninja", "python", "vswhere")
        self.environment = {"VSINSTALLDIR": "C:\\VS"}
        self.check("test", SETUP % "", COMPILE)

    def test_developer_prompt_of_32_bits(self):
        self.have("meson", "ninja", "python")
        self.environment = {"VSINSTALLDIR": "C:\\VS", "VSCMD_ARG_TGT_ARCH": "x86"}
        self.check("test", SETUP % "", COMPILE,
                   said=["This prompt builds for 32 bits; the x64 Native Tools prompt builds for 64."])

    def test_wanted_compiler(self):
        self.have("meson", "ninja", "python", "vswhere")
        self.environment = {"CC": "clang-cl"}
        self.check("test", SETUP % "", COMPILE)

    def test_bare(self):
        self.have("winget")
        self.check("test", WINGET % COMPILER, WINGET % PYTHON, VENV, PIP, SETUP % "", COMPILE, said=[
            "There is no Visual Studio 2022 from 17.5 on with its C compiler, no gcc and no clang.",
            "installing: %s %s (by winget) meson ninja (by pip, in build\\tools)" % (COMPILER, PYTHON),
            HINT])

    def test_one_tool_is_missing(self):
        """Ninja alone: both come from pip, and are before the other Meson."""
        self.have("gcc", "meson", "python")
        self.check("test", VENV, PIP, SETUP % "", COMPILE,
                   said=["installing: meson ninja (by pip, in build\\tools)", HINT])

    def test_python_of_the_shop(self):
        """Windows 11's own python.exe is there, and fails; the launcher is asked then."""
        self.have("gcc")
        self.write_lines(self.path("bin", "python.cmd"), "exit /b 9009")
        self.write("bin", "py", PYTHON_DOES.replace("%2", "%3"))
        self.check("test", "py -3 -m venv build\\tools", PIP, SETUP % "", COMPILE,
                   said=["installing: meson ninja (by pip, in build\\tools)", HINT])

    def test_python_is_missing(self):
        """Meson's installer brings Meson and Ninja, and no Python for the tests."""
        self.have("gcc", "meson", "ninja", "winget")
        self.check("test", WINGET % PYTHON, SETUP % "", COMPILE,
                   said=["installing: %s (by winget)" % PYTHON, HINT])

    def test_declined(self):
        self.have("winget")
        self.environment = {"IOMODELS_INSTALL": "no"}
        self.check_refused(
            "test",
            "There is no Visual Studio 2022 from 17.5 on with its C compiler, no gcc and no clang.",
            "missing: %s %s (by winget) meson ninja (by pip, in build\\tools)" % (COMPILER, PYTHON),
            "Nothing is installed, since IOMODELS_INSTALL=no.")

    def test_without_winget(self):
        self.have("gcc")
        self.check_refused(
            "test", "installing: %s (by winget) meson ninja (by pip, in build\\tools)" % PYTHON, HINT,
            "winget is missing (the App Installer of Microsoft's shop). Install by hand: " + PYTHON)

    def test_installed_and_not_found(self):
        self.have("gcc")
        self.write("bin", "winget", "")
        result = self.run_cmd("test")
        self.assertEqual((result.status, result.err.splitlines()[-1]), (
            1, "Installed, but not found: open a new prompt and start this again."))
        self.assertEqual(self.log(), [WINGET % PYTHON])

    def test_msys2(self):
        """There pacman's packages are named; nothing is installed."""
        self.have("pacman", "winget", "vswhere", "python")
        self.environment = {"MSYSTEM": "UCRT64", "MINGW_PACKAGE_PREFIX": "mingw-w64-ucrt-x86_64"}
        self.check_refused("test", "missing; install: pacman -S mingw-w64-ucrt-x86_64-cc "
                           "mingw-w64-ucrt-x86_64-meson mingw-w64-ucrt-x86_64-ninja")
        self.have("gcc", "meson", "ninja")
        self.check("test", SETUP % "", COMPILE)

    def test_msys2_shell_of_its_own(self):
        self.have("pacman")
        self.environment = {"MSYSTEM": "MSYS"}
        self.check_refused(
            "test", "MSYS2's MSYS shell makes no Windows programs: start this in its UCRT64 shell.")

    def test_gits_shell(self):
        self.have("vswhere", "meson", "ninja", "python")
        self.environment = {"MSYSTEM": "MINGW64"}
        self.check("test", SETUP % "--vsenv ", COMPILE)

    def test_bench_starts_the_program(self):
        """With its arguments, and its exit status."""
        self.have("gcc", "meson", "ninja", "python")
        os.makedirs(self.path("build", "native", "harness"))
        shutil.copy(tool.PROGRAM, self.path("build", "native", "harness", "iomodels.exe"))
        with open(self.path("build", "native", "build.ninja"), "w", encoding="ascii"):
            pass
        result = self.run_cmd("bench", '"--no such"')
        self.assertIn("--no such", result.err)
        # Wine 8.0 makes 1 of each status of a .cmd.
        self.assertIn(result.status, (1, 2) if tool.ON_WINE else (2,))
        self.assertEqual(self.log(), [COMPILE])

    def test_help(self):
        for command in "bench", "test":
            result = self.run_cmd(command, "--help")
            self.assertEqual((result.status, result.err), (0, ""))
            self.assertIn("usage: harness\\%s.cmd" % command, result.out)
        self.assertEqual(self.log(), [])


if __name__ == "__main__":
    tool.main()
