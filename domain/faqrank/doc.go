// Package faqrank finds the self-help article that answers a question worded differently, in Korean and English.
//
// Texts become sets of grams: single syllables and pairs of them inside a word for Korean (whole words find two thirds of what
// these find, since particles and endings change with every wording), words and letter triples for Latin script. A question is
// compared by cosine with every passage of every article that shares a gram with it; a gram counts by its rarity
// (inverse document frequency) times a weight learnt from past rewordings, if there are any: "알려 주세요" tells less than
// its rarity says.
//
//	index := faqrank.NewIndex(nil)
//	index.Add(faqrank.Article{ID: "a1", Title: "환불은 얼마나 걸리나요?", Text: "…"})
//	hits := index.Search("돈은 언제 돌려받아요?", 3)
//
// Past questions help twice: kept in [Article].Questions they find their own article, and given to [Learn] they
// teach weights that hold for articles never asked for.
//
// | file | what |
// |---|---|
// | grams.go | text → grams |
// | index.go | articles in, questions answered |
// | weights.go | learning from rewordings, weights as bytes |
// | evaluate.go | lines of wordings; share of questions answered rightly |
package faqrank
