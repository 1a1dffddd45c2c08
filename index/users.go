package index

import "context"

// AddUser makes a user; ErrExists where the name is taken.
func (a *Archive) AddUser(ctx context.Context, u User) error {
	u.Created = a.now().UTC()
	return a.store.AddUser(ctx, u)
}

// SetPassword changes a user's password, given as an argon2id PHC string.
func (a *Archive) SetPassword(ctx context.Context, name, phc string) error {
	return a.store.SetPassword(ctx, name, phc)
}

// User gives a user; ErrNotFound where there is none.
func (a *Archive) User(ctx context.Context, name string) (User, error) {
	return a.store.User(ctx, name)
}

// Users gives all users by name.
func (a *Archive) Users(ctx context.Context) ([]User, error) { return a.store.Users(ctx) }
