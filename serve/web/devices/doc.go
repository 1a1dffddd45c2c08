// Package devices is the page on which mail programs get their passwords, and the
// two files by which many of them find their settings themselves.
//
// It promises that a password is shown once, to its owner, and kept nowhere in
// clear; that one which is revoked lets nobody in from then on; and that what
// strangers are told of the settings says nothing of who has mail here.
//
// # Why
//
// The settings name the host by which the reader came: it is the one name of this
// machine that is known to work from where he is. A name that is none is not
// repeated.
//
// Sources: Mozilla's autoconfiguration, config-v1.1.xml; Microsoft's Autodiscover
// for POP (MS-OXDSCLI, section 3.1.5), which Outlook asks by POST.
package devices
