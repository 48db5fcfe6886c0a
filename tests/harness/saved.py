"""CSV files as other programs save them again: those that are read, and those that are refused."""
import csv
import io
import re

NUMBER = re.compile(r"-?\d+(\.\d+)?")


def text(rows, **how):
    file = io.StringIO(newline="")
    csv.writer(file, **dict({"lineterminator": "\n"}, **how)).writerows(rows)
    return file.getvalue()


def numbers(rows, change):
    return rows[:1] + [[change(field) if NUMBER.fullmatch(field) else field for field in row]
                       for row in rows[1:]]


def exponent(field):
    """As R, readr and pandas write what would be long, here all: 9.1e-05, 1e+05."""
    mantissa, power = ("%.17e" % float(field)).split("e")
    return mantissa.rstrip("0").rstrip(".") + "e" + power


def comma(field):
    return field.replace(".", ",")


def empty(rows, word):
    return [[field or word for field in row] for row in rows]


READ = {
    "UTF-8 with its mark": lambda rows: text(rows).encode("utf-8-sig"),
    "CRLF": lambda rows: text(rows, lineterminator="\r\n").encode(),
    "a mark, CRLF, all quoted": lambda rows: text(rows, lineterminator="\r\n",
                                                  quoting=csv.QUOTE_ALL).encode("utf-8-sig"),
    "exponents": lambda rows: text(numbers(rows, exponent)).encode(),
    "whole numbers with .0": lambda rows: text(numbers(
        rows, lambda field: field if "." in field else field + ".0")).encode(),
}

# Of these a column that has words too, as in environment.csv, stays as it is.
READ_NUMBERS = ("exponents", "whole numbers with .0")

# What the message has to say of each.
REFUSED = {
    "UTF-16": (lambda rows: text(rows, lineterminator="\r\n").encode("utf-16"),
               ["line 1: ", "UTF-16", "Out-File -Encoding utf8"]),
    "UTF-16, big end first": (lambda rows: b"\xfe\xff" + text(rows).encode("utf-16-be"),
                              ["line 1: ", "UTF-16"]),
    "semicolons": (lambda rows: text(numbers(rows, comma), delimiter=";").encode(),
                   ["line 1: ", "semicolons", "points in numbers", "LibreOffice", "Excel"]),
    "semicolons, a mark, CRLF, all quoted": (
        lambda rows: text(numbers(rows, comma), delimiter=";", lineterminator="\r\n",
                          quoting=csv.QUOTE_ALL).encode("utf-8-sig"),
        ["line 1: ", "semicolons"]),
    "tabs": (lambda rows: text(rows, delimiter="\t").encode(), ["line 1: ", "tabs"]),
    "CR": (lambda rows: text(rows, lineterminator="\r").encode(),
           ["line 1: ", "CR alone", "CSV UTF-8"]),
    "Export-Csv": (lambda rows: b"#TYPE System.Management.Automation.PSCustomObject\r\n" +
                   text(rows, lineterminator="\r\n").encode(), ["-NoTypeInformation"]),
    "a workbook": (lambda rows: b"PK\x03\x04\x14\0\6\0", ["line 1: ", ".xlsx", "save it as CSV"]),
    "sep=": (lambda rows: b"sep=,\r\n" + text(rows, lineterminator="\r\n").encode(), ["sep="]),
}

# The same of the numbers in runs.csv.
NO_NUMBERS = {
    "decimal commas": (lambda rows: text(numbers(rows, lambda field: "%s,5" % field)).encode(),
                       ["not a number", "decimal comma"]),
    "NA": (lambda rows: text(empty(rows, "NA")).encode(), ["not a number", "empty", 'na = ""']),
    "###": (lambda rows: text(numbers(rows, lambda field: "###")).encode(),
            ["not a number", "###", "too narrow"]),
}


def rewrite(path, how):
    """Saves the file as `how` says. What it held."""
    with open(path, "rb") as file:
        before = file.read()
    with open(path, "wb") as file:
        file.write(how(list(csv.reader(io.StringIO(before.decode(), newline="")))))
    return before
