package textclass

import (
	"math"
	"math/rand/v2"
	"testing"
)

// What the table says must be the cosines, computed one by one.
func TestKinshipIsTheSumOfCosines(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	set := trainingSet{classes: 4, features: 300}
	for n := range commonLeast + 20 {
		var x sparse
		for _, id := range r.Perm(set.features - 1)[:12] {
			x.index, x.value = append(x.index, int32(id)), append(x.value, r.Float32())
		}
		x.index, x.value = append(x.index, int32(set.features-1)), append(x.value, 9) // which all have, and which is to count for nothing
		set.inputs, set.class = append(set.inputs, input{x: x}), append(set.class, n%set.classes)
	}
	k, got := newKinship(set), make([]float32, set.classes)
	for asked, in := range set.inputs[:20] {
		want, all := make([]float64, set.classes), 0.0
		for i, other := range set.inputs {
			like := cosineBut(in.x, other.x, int32(set.features-1))
			want[set.class[i]] += like
			all += like
		}
		k.shares(in.x, got)
		for class := range want {
			if math.Abs(float64(got[class])-want[class]/all) > .01 {
				t.Fatalf("example %d, class %d: %v, want %v", asked, class, got[class], want[class]/all)
			}
		}
	}
}

// cosineBut leaves a feature out.
func cosineBut(a, b sparse, but int32) float64 {
	product, lengthA, lengthB := 0.0, 0.0, 0.0
	for i, id := range a.index {
		if id == but {
			continue
		}
		lengthA += float64(a.value[i]) * float64(a.value[i])
		for j, other := range b.index {
			if id == other {
				product += float64(a.value[i]) * float64(b.value[j])
			}
		}
	}
	for j, other := range b.index {
		if other != but {
			lengthB += float64(b.value[j]) * float64(b.value[j])
		}
	}
	return product / math.Sqrt(lengthA*lengthB)
}

func TestKinshipWithNothing(t *testing.T) {
	t.Parallel()
	k := newKinship(trainingSet{classes: 2, features: 3, class: []int{0, 1}, inputs: []input{{x: sparse{[]int32{0}, []float32{1}}}, {x: sparse{[]int32{1}, []float32{1}}}}})
	for _, x := range []sparse{{}, {[]int32{2}, []float32{1}}} {
		got := []float32{1, 1}
		if k.shares(x, got); got[0] != 0 || got[1] != 0 {
			t.Errorf("%v: %v, want nothing alike", x, got)
		}
	}
}

func TestKinshipTellsWhatAClassHas(t *testing.T) {
	t.Parallel()
	k := newKinship(trainingSet{classes: 2, features: 4, class: []int{0, 1}, inputs: []input{
		{x: sparse{[]int32{0, 1}, []float32{.6, .8}}}, {x: sparse{[]int32{1, 2}, []float32{.6, .8}}},
	}})
	for _, c := range []struct {
		x    sparse
		want []float32
	}{
		{sparse{[]int32{0}, []float32{1}}, []float32{1, 0}},
		{sparse{[]int32{0, 2}, []float32{.6, .8}}, []float32{.36, .64}},
		{sparse{[]int32{1, 2}, []float32{.6, .8}}, []float32{.36, 1}},
		{sparse{[]int32{3}, []float32{1}}, []float32{0, 0}},
		{sparse{}, []float32{0, 0}},
	} {
		for class, want := range c.want {
			if got := k.held(c.x, class); math.Abs(float64(got-want)) > 1e-5 {
				t.Errorf("%v, class %d: %v, want %v", c.x, class, got, want)
			}
		}
	}
}

// What no example has is not in the vector, but is told.
func TestVectorTellsHowMuchIsKnown(t *testing.T) {
	t.Parallel()
	m := &Model{words: buildVocabulary([]Example{{Text: "refund my order"}, {Text: "환불 해주세요"}}, 1, maxFeatures)}
	all, part, none := m.read("refund my order", "").known, m.read("refund my xylophone", "").known, m.read("qqq", "").known
	if all != 1 || part <= .2 || part >= .8 || none != 0 {
		t.Errorf("%v, %v and %v known, want all, some and nothing", all, part, none)
	}
}
