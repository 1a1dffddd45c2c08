package filter

import (
	"context"
	"fmt"

	"restante/fetch"
	"restante/filter/letter"
	"restante/filter/sender"
)

// Names of the reasons that an owner's own word gives.
const (
	AllowedReason = "SENDER_ALLOWED"
	BlockedReason = "SENDER_BLOCKED"
	RefutedReason = "SENDER_REFUTED" // allowed, but the letter is not his: it decides nothing
	TaughtReason  = "TAUGHT_BEFORE"
)

// decisive is what the owner's word weighs, in points: what turns the surest ham
// into the surest spam.
const decisive = 25

// wish is what an owner's word makes of a message. Its class is Unsure where it
// decides nothing.
type wish struct {
	class  Class
	reason Reason // without a name: there is no word
}

// wishes asks for what the owner said.
func (s *Sorter) wishes(ctx context.Context, p *fetch.Parcel) (who sender.List, taught Class, err error) {
	if s.o.Wishes == nil {
		return nil, Unsure, nil
	}
	if who, err = s.o.Wishes.Senders(ctx, p.Owner); err == nil {
		taught, err = s.o.Wishes.Taught(ctx, p.Owner, p.Digest)
	}
	return who, taught, err
}

// wished is what the owner says of who a message is from.
func wished(who sender.List, l *letter.Letter) wish {
	f, ok := who.Find(l)
	switch {
	case !ok:
		return wish{}
	case f.Sender.Blocked:
		return wish{Spam, because(BlockedReason, decisive, "you block %s", f.Sender.Name)}
	case f.Refuted:
		return wish{Unsure, because(RefutedReason, 0, "you allow %s, but the provider found it forged (%s)", f.Sender.Name, f.By)}
	}
	return wish{Ham, because(AllowedReason, -decisive, "you allow %s", f.Sender.Name)}
}

// because makes a reason, of a text with values in it.
func because(name string, weight float64, text string, values ...string) Reason {
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	return Reason{Name: name, Weight: weight, Text: fmt.Sprintf(text, args...), Values: values}
}

// remember is a verdict on what the owner judged himself.
func remember(v Verdict, taught Class) Verdict {
	const text = "you judged this very message yourself"
	switch taught {
	case Ham:
		return decide(v, wish{Ham, because(TaughtReason, -decisive, text)})
	case Spam:
		return decide(v, wish{Spam, because(TaughtReason, decisive, text)})
	}
	return v
}

// decide puts the owner's word before the evidence.
func decide(v Verdict, w wish) Verdict {
	if w.reason.Name == "" {
		return v
	}
	v.Reasons = append([]Reason{w.reason}, v.Reasons...)
	switch w.class {
	case Ham:
		v.Class, v.Score = Ham, 0
	case Spam:
		v.Class, v.Score = Spam, 1
	}
	return v
}
