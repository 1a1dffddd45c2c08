package bayes_test

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"restante/filter/bayes"
	"restante/filter/letter"
)

// folder gives letters of one class, each with words of its own beside those
// of the class and those that every letter has.
func folder(class string, n int) (out []bayes.Bag) {
	for i := range n {
		text := fmt.Sprintf("Subject: about %s %d\n\nhello, this letter has number%d and the %s word, also %s%d\n", class, i%5, i, class, class, i%3)
		out = append(out, bayes.Features(letter.ReadBytes([]byte(text))))
	}
	return out
}

func TestTeacher_FoldersInEitherOrderTeachBothClasses(t *testing.T) {
	for _, spamFirst := range []bool{true, false} {
		m := bayes.New()
		teacher := bayes.NewTeacher(m)
		classes := []struct {
			label bayes.Label
			bags  []bayes.Bag
		}{{bayes.Spam, folder("lottery", 60)}, {bayes.Ham, folder("meeting", 60)}}
		if !spamFirst {
			classes[0], classes[1] = classes[1], classes[0]
		}
		for _, c := range classes {
			for _, b := range c.bags {
				teacher.Learn(b, bayes.None, c.label)
			}
		}
		spam, ham := m.Score(folder("lottery", 61)[60]), m.Score(folder("meeting", 61)[60])
		if spam < 0.7 || ham > 0.3 {
			t.Errorf("spam first %v: spam scores %.3f, ham %.3f", spamFirst, spam, ham)
		}
	}
}

func TestTeacher_LessonTakesItsRehearsalBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		with, without := bayes.New(), bayes.New()
		teacher := bayes.NewTeacher(with)
		learn := func() bayes.Lesson {
			l := teacher.Learn(bags().Draw(t, "bag"), label().Draw(t, "was"), label().Draw(t, "now"))
			b, err := l.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			var stored bayes.Lesson
			if err := stored.UnmarshalBinary(b); err != nil {
				t.Fatal(err)
			}
			return stored
		}
		for range rapid.IntRange(0, 10).Draw(t, "before") {
			without.Apply(learn())
		}
		lesson := learn()
		for range rapid.IntRange(0, 10).Draw(t, "after") {
			without.Apply(learn())
		}
		with.Apply(lesson.Inverse())
		if !bytes.Equal(snapshot(t, with), snapshot(t, without)) {
			t.Fatal("the lesson left a trace")
		}
	})
}

func TestTeacher_DoesNotRehearseWhatWasTakenBack(t *testing.T) {
	m := bayes.New()
	teacher := bayes.NewTeacher(m)
	mistake := folder("meeting", 1)[0]
	teacher.Learn(mistake, bayes.None, bayes.Spam)
	teacher.Learn(mistake, bayes.Spam, bayes.Ham)
	alone := bayes.New()
	for i, b := range folder("picnic", 5) {
		got := teacher.Learn(b, bayes.None, bayes.Ham)
		text, err := got.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		// With no spam in memory the lesson holds one bag only.
		plain, err := alone.Learn(b, bayes.None, bayes.Ham).MarshalBinary()
		if err != nil || len(text) > len(plain)+8 {
			t.Errorf("lesson %d: %d octets, %d without rehearsal; %v", i, len(text), len(plain), err)
		}
	}
}
