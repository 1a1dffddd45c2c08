package index

import "time"

// Waiting tells how many messages wait for the next commit.
func (a *Archive) Waiting() int {
	a.queue.mu.Lock()
	defer a.queue.mu.Unlock()
	return len(a.queue.waiting)
}

// SnapshotEvery is after how many lessons a snapshot is saved.
const SnapshotEvery = snapshotEvery

// ForgetModels drops every model that nobody uses.
func (a *Archive) ForgetModels() {
	s := &a.models
	most := s.most
	s.most = 0
	s.release(s.take("nobody"), 1, a.now())
	s.most = most
}

// Held names the owners whose models are in memory, the last used first.
func (a *Archive) Held() (owners []string) {
	a.models.mu.Lock()
	defer a.models.mu.Unlock()
	for e := a.models.order.Front(); e != nil; e = e.Next() {
		owners = append(owners, e.Value.(*held).owner)
	}
	return owners
}

// LessonsMost makes an archive take back the oldest of so many lessons of a class.
func (a *Archive) LessonsMost(n, over int) { a.lessonsMost, a.lessonsOver = n, over }

// GatherTime sets how long a commit waits for as many as came at once before.
func (a *Archive) GatherTime(d time.Duration) { a.queue.patience = d }
