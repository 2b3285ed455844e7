// Package lexis turns text into search tokens and back into highlights, for Korean and English (and whatever else is
// written with letters). It knows no noun and no store: an engine keeps the tokens of a document, intersects
// them for the terms of a query, and Found confirms what the engine found.
//
// # Folding
//
// Text is compared folded: lower case, full-width ASCII and half-width jamo to their usual forms, conjoining jamo (what macOS puts into
// file names) composed to syllables by the arithmetic of Unicode chapter 3.12, accents off Latin letters, ㈜ as 주,
// zero-width characters away. Then white space beside a Korean, Chinese or Japanese character is dropped.
//
// # Tokens
//
// A run of letters and digits is one token ("refund", "a4", "2024"). Korean is not cut into words: spacing is optional in practice
// (배송지변경, 배송지 변경) and particles stick to nouns (환불을), so a run of CJK characters is indexed by
// its bigrams, across white space but not across punctuation, and its last character alone:
//
//	"배송지 변경"  →  배송 송지 지변 변경 경
//
// So each character starts exactly one token. A word of two or more characters is found by its bigrams, which may lie apart in the
// text (hence Found); a single character by prefix: 환 finds 환불 by its bigram and 교환 by its last character.
//
// Groups of digits as telephone and order numbers are written (010-1234-5678, +82 10 1234 5678, 50,000) are also indexed
// joined, in national form, and by their endings: from each group on, and the last four, seven and eight digits.
// A number is thus found with and without hyphens, by its beginning, and by its last four digits.
//
// # Queries
//
// White space and punctuation separate the words of a query, and all must be there. Words joined by one of @ . _ - + ' & inside an address or
// a file name must be there side by side (kim@example.com). Words of letters and digits match by prefix, Korean words anywhere.
package lexis
