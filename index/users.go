package index

import "context"

// LoginKeys are what a login is proved by that sends no password.
type LoginKeys struct {
	Owner  string
	Secret [32]byte // stands for the password that it is of, as it is stored now
	Keys   string   // as RFC 5803 writes them; of each way to type the password, with a blank between
}

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

// KeySeed gives random text that is made once, for the salts of login keys.
func (a *Archive) KeySeed(ctx context.Context) (string, error) { return a.store.KeySeed(ctx) }

// LoginKeys gives an owner's login keys; everybody's where owner is empty.
func (a *Archive) LoginKeys(ctx context.Context, owner string) ([]LoginKeys, error) {
	return a.store.LoginKeys(ctx, owner)
}

// SetLoginKeys replaces an owner's login keys.
func (a *Archive) SetLoginKeys(ctx context.Context, owner string, all []LoginKeys) error {
	return a.store.SetLoginKeys(ctx, owner, all)
}

// DropLoginKeys takes out everybody's login keys.
func (a *Archive) DropLoginKeys(ctx context.Context) error { return a.store.DropLoginKeys(ctx) }
