package fetch

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// reason is why a message may be deleted upstream.
type reason struct {
	uid string // of its receipt
	why string
}

// nameless begins the UIDs of receipts of messages that the upstream gave none.
const nameless = "sha256-"

// because says why a message is safe and due.
func (r *round) because(seen time.Time, proof string) string {
	return fmt.Sprintf("keep %v, first seen %s; %s", r.a.Keep, seen.UTC().Format(time.RFC3339), proof)
}

const (
	proofRetrieved = "retrieved in the same session, and on stable storage"
	proofHeader    = "its header, asked for in the same session, is the one that was taken"
)

// end deletes what is safe and due, and quits. Each deletion has its row before
// the upstream hears of it, so that no crash leaves one that nobody knows of;
// what came of it is written when the upstream has answered QUIT, and else seen
// in the next listing.
func (s *session) end(ctx context.Context) error {
	if err := s.settleListed(ctx); err != nil {
		return err
	}
	dels, nums, err := s.announce(ctx)
	if err != nil {
		return err
	}
	if len(nums) == 0 {
		if err := s.drop.Quit(ctx); err != nil {
			s.o.Log.Debug("upstream did not answer QUIT", "account", s.a.Name, "err", err)
		}
		return nil
	}
	marked, err := s.drop.Delete(ctx, nums)
	if err != nil {
		return fmt.Errorf("delete upstream copies: %w", err)
	}
	if err := s.drop.Quit(ctx); err != nil {
		return fmt.Errorf("quit, so that it is not known whether %d deletions took effect: %w", len(marked), err)
	}
	s.sum.Deleted += len(marked)
	if s.o.Deletions == nil {
		return nil
	}
	states := make(map[int64]DeletionState, len(nums))
	for _, num := range nums {
		states[dels[num]] = DeletionUndone
	}
	for _, num := range marked {
		states[dels[num]] = DeletionDone
	}
	if err := s.settled(context.WithoutCancel(ctx), states); err != nil {
		s.o.Log.Warn("deletions were done and could not be noted as such; the next listing settles them", "account", s.a.Name, "err", err)
	}
	return nil
}

// announce notes what is about to be deleted. Ids are by message number.
func (s *session) announce(ctx context.Context) (ids map[int]int64, nums []int, err error) {
	var all []Deletion
	now := s.o.Now()
	for _, it := range s.items {
		if why, ok := s.safe[it.Num]; ok {
			nums = append(nums, it.Num)
			all = append(all, Deletion{UID: why.uid, At: now, Why: why.why})
		}
	}
	if s.o.Deletions == nil || len(all) == 0 {
		return nil, nums, nil
	}
	for part := range slices.Chunk(all, batch) {
		if err := s.o.Deletions.Mark(ctx, s.a.Owner, s.a.Name, part); err != nil {
			return nil, nil, fmt.Errorf("note what is about to be deleted: %w", err)
		}
	}
	ids = make(map[int]int64, len(all))
	sure := nums[:0]
	for i, num := range nums {
		if all[i].ID == 0 {
			s.o.Log.Error("no receipt says that the message is here; it stays upstream", "account", s.a.Name, "uid", all[i].UID)
			continue
		}
		ids[num] = all[i].ID
		sure = append(sure, num)
	}
	return ids, sure, nil
}

// settle looks at the listing for what came of deletions of which no answer was
// heard. What is not there is gone. What is there may be other mail by now; and
// what had no UID is known by its digest. Of those more is known once the session
// has retrieved what it retrieves, see settleListed and settleNameless.
func (s *session) settle(ctx context.Context) error {
	if s.o.Deletions == nil || s.dry {
		return nil
	}
	open, err := s.o.Deletions.Marked(ctx, s.a.Owner, s.a.Name)
	if err != nil {
		return fmt.Errorf("ask for deletions: %w", err)
	}
	states := map[int64]DeletionState{}
	for _, del := range open {
		switch listed := s.here[del.UID]; {
		case listed > 1:
			states[del.ID] = DeletionUndone
		case listed == 1 || strings.HasPrefix(del.UID, nameless):
			s.unsettled = append(s.unsettled, del)
		default:
			states[del.ID] = DeletionSeen
		}
	}
	return s.settled(ctx, states)
}

// settleListed says what came of deletions whose UIDs are listed, ahead of any
// more deletions. What was retrieved again tells by its digest; what was not is
// the known message, unless its size is another.
func (s *session) settleListed(ctx context.Context) error {
	if len(s.unsettled) == 0 {
		return nil
	}
	sizes := make(map[string]int64, len(s.items))
	for _, it := range s.items {
		sizes[it.UID] = it.Size
	}
	states := map[int64]DeletionState{}
	rest := s.unsettled[:0]
	for _, del := range s.unsettled {
		digest, came := s.came[del.UID]
		size, listed := sizes[del.UID]
		switch {
		case listed && (came && digest == del.Digest || !came && !sizesDiffer(size, s.taken[del.UID].Size)):
			states[del.ID] = DeletionUndone
		case listed && came:
			states[del.ID] = DeletionSeen
		default:
			rest = append(rest, del)
		}
	}
	s.unsettled = rest
	return s.settled(ctx, states)
}

func (r *round) settled(ctx context.Context, states map[int64]DeletionState) error {
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(states)), batch) {
		part := make(map[int64]DeletionState, len(ids))
		for _, id := range ids {
			part[id] = states[id]
		}
		if err := r.o.Deletions.Settle(ctx, r.a.Owner, r.a.Name, part); err != nil {
			return fmt.Errorf("settle deletions: %w", err)
		}
	}
	return nil
}

// settleNameless says what came of deletions of messages without UIDs, when all
// that the upstream has was retrieved.
func (r *round) settleNameless(ctx context.Context) error {
	states := map[int64]DeletionState{}
	for _, del := range r.unsettled {
		if !strings.HasPrefix(del.UID, nameless) {
			continue
		}
		states[del.ID] = DeletionSeen
		if _, came := r.came[nameless+hex.EncodeToString(del.Digest[:])]; came {
			states[del.ID] = DeletionUndone
		}
	}
	return r.settled(ctx, states)
}
