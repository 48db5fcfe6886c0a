/*
 * foreign: recognises CSV files that another program has saved in a form that is not read here, and
 * says how to save them again. Each text is one line, static, below FOREIGN_FAULT_BYTES.
 */
#ifndef IOMODELS_FOREIGN_H
#define IOMODELS_FOREIGN_H

#include <stddef.h>

#define FOREIGN_FAULT_BYTES 320

/* By the file's first bytes, its first line among them. NULL where nothing is wrong with them. */
const char *foreign_file_fault(const char *bytes, size_t size);

/*
 * Of a field that units_parse_double refuses: "not a number", or what other programs write in a
 * number's place, with the remedy.
 */
const char *foreign_number_fault(const char *text);

#endif
