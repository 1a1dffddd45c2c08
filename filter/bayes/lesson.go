package bayes

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Label is what a message was taught as.
type Label int8

// The labels. The numbers are stored: they never change.
const (
	None Label = 0 // not taught
	Ham  Label = 1
	Spam Label = 2
)

// String gives none, ham or spam.
func (l Label) String() string {
	switch l {
	case Ham:
		return "ham"
	case Spam:
		return "spam"
	}
	return "none"
}

func (l Label) valid() bool { return l >= None && l <= Spam }

// Lesson is a change of a model: the counts of a letter's features move from
// one label to another, and the weights of the features take a step. Changes
// are sums of integers, so lessons may be applied in any order, and a lesson
// and its inverse cancel to the bit whatever was learnt between them.
type Lesson struct {
	Was, Now Label
	Bag      Bag
	step     int32 // by how much the weights missed the label
	again    rehearsal
}

// rehearsal is the step that a letter taught before takes beside a new lesson;
// the zero value is none.
type rehearsal struct {
	bag  Bag
	step int32
}

// Inverse takes the lesson back.
func (l Lesson) Inverse() Lesson {
	return Lesson{Was: l.Now, Now: l.Was, Bag: l.Bag, step: -l.step, again: rehearsal{l.again.bag, -l.again.step}}
}

// Empty says whether applying the lesson changes nothing.
func (l Lesson) Empty() bool { return l.Was == l.Now && l.step == 0 && l.again.step == 0 }

// The stored form: version, labels, step and bag, step and bag of the
// rehearsal. A bag is the number of features and the distance of each from
// the one before. Numbers are varints.
const (
	lessonVersion = 3
	maxLesson     = 1 << 20 // octets of a stored lesson, for readers
)

// MarshalBinary gives the stored form, some 4 octets a feature.
func (l Lesson) MarshalBinary() ([]byte, error) {
	if !l.Was.valid() || !l.Now.valid() || len(l.Bag) > maxFeatures || len(l.again.bag) > maxFeatures {
		return nil, errors.New("bayes: malformed lesson")
	}
	b := make([]byte, 0, 16+5*(len(l.Bag)+len(l.again.bag)))
	b = append(b, lessonVersion, byte(l.Was), byte(l.Now))
	b = appendStep(b, l.step, l.Bag)
	return appendStep(b, l.again.step, l.again.bag), nil
}

func appendStep(b []byte, step int32, bag Bag) []byte {
	b = binary.AppendVarint(b, int64(step))
	b = binary.AppendUvarint(b, uint64(len(bag)))
	var before uint32
	for _, k := range bag {
		b = binary.AppendUvarint(b, uint64(k-before))
		before = k
	}
	return b
}

var errLesson = errors.New("bayes: damaged lesson")

// UnmarshalBinary reads what MarshalBinary writes, and nothing else. It takes
// memory in proportion to b.
func (l *Lesson) UnmarshalBinary(b []byte) error {
	if len(b) < 4 || len(b) > maxLesson {
		return fmt.Errorf("%w: %d octets", errLesson, len(b))
	}
	if b[0] != lessonVersion {
		return fmt.Errorf("%w: version %d, want %d; forget what was taught and train anew", errLesson, b[0], lessonVersion)
	}
	out := Lesson{Was: Label(b[1]), Now: Label(b[2])}
	if !out.Was.valid() || !out.Now.valid() {
		return fmt.Errorf("%w: label", errLesson)
	}
	d := decoder{b: b[3:]}
	var err error
	if out.step, out.Bag, err = d.stepAndBag(); err != nil {
		return err
	}
	if out.again.step, out.again.bag, err = d.stepAndBag(); err != nil {
		return err
	}
	if len(d.b) > 0 {
		return errLesson
	}
	*l = out
	return nil
}

func (d *decoder) stepAndBag() (int32, Bag, error) {
	step, n := d.int32(), d.uvarint()
	if n > maxFeatures || n > uint64(len(d.b)) {
		return 0, nil, fmt.Errorf("%w: %d features", errLesson, n)
	}
	bag := make(Bag, n)
	var k uint64
	for i := range bag {
		step := d.uvarint()
		if step == 0 || step > 1<<32-1-k {
			return 0, nil, fmt.Errorf("%w: features out of order", errLesson)
		}
		k += step
		bag[i] = uint32(k)
	}
	if d.bad {
		return 0, nil, errLesson
	}
	return step, bag, nil
}

// decoder reads varints; bad is set, and zeros given, once something is amiss.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) int32() int32 {
	v, n := binary.Varint(d.b)
	if n <= 0 || v != int64(int32(v)) {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return int32(v)
}
