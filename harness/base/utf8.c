#include "base/utf8.h"

#include <stdint.h>

size_t utf8_length(const char *text)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high;
        size_t length;
    } forms[] = {
        {0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    const unsigned char *bytes = (const unsigned char *)text;
    size_t form = 0;
    while (form < sizeof forms / sizeof forms[0] &&
           (bytes[0] < forms[form].first_low || bytes[0] > forms[form].first_high))
        form++;
    if (form == sizeof forms / sizeof forms[0])
        return 0;
    size_t length = forms[form].length;
    if (length > 1 && (bytes[1] < forms[form].second_low || bytes[1] > forms[form].second_high))
        return 0;
    for (size_t i = 2; i < length; i++)
        if (bytes[i] < 0x80 || bytes[i] > 0xbf)
            return 0;
    return length;
}

bool utf8_is_valid(const char *text)
{
    size_t length = 1;
    while (*text != '\0' && length > 0) {
        length = (unsigned char)*text < 0x80 ? 1 : utf8_length(text);
        text += length;
    }
    return length > 0;
}

/* The number of the character at text, which has `length` bytes. */
static uint32_t character_at(const char *text, size_t length)
{
    static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t character = (unsigned char)text[0] & first_bits[length];
    for (size_t i = 1; i < length; i++)
        character = character << 6 | ((unsigned char)text[i] & 0x3fU);
    return character;
}

/*
 * Unicode's annex 11 in short, ascending: the scripts of East Asia whole, with what is not assigned
 * in them; of the emoji the blocks in which nearly all are wide, and those that stand alone. Korean
 * vowels and final consonants that are written as letters of their own (1160 on) share the two
 * columns of the consonant before them.
 */
static size_t character_columns(uint32_t character)
{
    static const struct {
        uint32_t first, last;
        unsigned char columns;
    } ranges[] = {
        {0x0300, 0x036f, 0},   {0x0483, 0x0489, 0},   {0x0591, 0x05bd, 0},   {0x064b, 0x065f, 0},
        {0x1100, 0x115f, 2},   {0x1160, 0x11ff, 0},   {0x1ab0, 0x1aff, 0},   {0x1dc0, 0x1dff, 0},
        {0x200b, 0x200f, 0},   {0x20d0, 0x20ff, 0},   {0x231a, 0x231b, 2},   {0x2329, 0x232a, 2},
        {0x23e9, 0x23ec, 2},   {0x23f0, 0x23f0, 2},   {0x23f3, 0x23f3, 2},   {0x2614, 0x2615, 2},
        {0x2648, 0x2653, 2},   {0x26a1, 0x26a1, 2},   {0x26d4, 0x26d4, 2},   {0x2705, 0x2705, 2},
        {0x274c, 0x274c, 2},   {0x2753, 0x2755, 2},   {0x2757, 0x2757, 2},   {0x2b1b, 0x2b1c, 2},
        {0x2b50, 0x2b50, 2},   {0x2e80, 0x303e, 2},   {0x3041, 0x3247, 2},   {0x3250, 0x4dbf, 2},
        {0x4e00, 0xa4cf, 2},   {0xa960, 0xa97f, 2},   {0xac00, 0xd7a3, 2},   {0xd7b0, 0xd7ff, 0},
        {0xf900, 0xfaff, 2},   {0xfe00, 0xfe0f, 0},   {0xfe10, 0xfe19, 2},   {0xfe20, 0xfe2f, 0},
        {0xfe30, 0xfe6f, 2},   {0xff01, 0xff60, 2},   {0xffe0, 0xffe6, 2},   {0x16fe0, 0x18d7f, 2},
        {0x1aff0, 0x1b2ff, 2}, {0x1f200, 0x1f320, 2}, {0x1f330, 0x1f4fc, 2}, {0x1f5fb, 0x1f64f, 2},
        {0x1f680, 0x1f6c5, 2}, {0x1f90c, 0x1f9ff, 2}, {0x1fa70, 0x1faff, 2}, {0x20000, 0x3fffd, 2},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0] && ranges[i].first <= character; i++)
        if (character <= ranges[i].last)
            return ranges[i].columns;
    return 1;
}

size_t utf8_columns(const char *text, size_t bytes)
{
    size_t columns = 0;
    for (size_t at = 0; at < bytes && text[at] != '\0';) {
        size_t length = utf8_length(text + at);
        columns += length == 0 ? 1 : character_columns(character_at(text + at, length));
        at += length == 0 ? 1 : length;
    }
    return columns;
}
