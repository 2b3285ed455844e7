// Package textclass sorts short customer messages in Korean and English into types learnt from labelled examples.
//
// It knows no noun of the product: a type is a label (any non-empty string), a message is a text.
//
//	model, err := textclass.Train(ctx, examples, textclass.Options{})
//	result := model.Classify("카드가 아직 안 왔어요", "ko")
//	limits := model.Thresholds(0.98)
//	if limits.Answer(result) { … answer by itself … }
//
// # How it decides
//
// Unlike learners see the same message: a one-vs-rest linear support vector machine with squared hinge loss
// (Fan et al., "LIBLINEAR", JMLR 9, 2008; Hsieh et al., ICML 2008), a perceptron with one hidden layer over the same
// sparse features, and two small convolutions over words built from character n-grams (Kim, EMNLP 2014; Bojanowski et al.,
// TACL 2017). Their scores become probabilities by temperature scaling (Guo et al., ICML 2017) on held-back examples
// and are averaged as logarithms. How sure that is, is learnt from the same examples: how far the members agree, how like the
// message is to the examples of the type, and how often the type was right. Texts that fit no type, if given, train one extra
// class: a message is in scope when log p(best type) − log p(extra class) passes a cut chosen on held-back examples.
//
// # What is held back
//
// Confidence, thresholds and comparison of versions rest on predictions for examples the predicting model never saw:
// [Options].HeldBack if given, else cross-validation, or a seventh of a very large set. The split
// depends on the texts alone, so two versions trained months apart held back the same examples. After that
// the model is trained once more on everything (unless [Options].NoRefit).
//
// | file | what |
// |---|---|
// | example.go, split.go | labelled lines; what is held back |
// | words.go, stem.go, korean.go, features.go, vocabulary.go | text → sparse vector |
// | svm.go, mlp.go, cnn.go, cnntrain.go | the learners |
// | layer.go, quantise.go, kernel*.go | what they are made of; inner loops |
// | train.go, calibrate.go, kinship.go, trust.go, model.go | training, probabilities, classification |
// | scope.go | what fits no type |
// | thresholds.go, outcomes.go, compare.go, evaluate.go | the promise kept, versions compared, figures of a data set |
// | codec.go | models as bytes |
package textclass
