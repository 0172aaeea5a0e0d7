package cli

import (
	"errors"

	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/move"
	"countersign/internal/authenticator/remote"
	"countersign/internal/wire"
)

// What can be wrong with sign-in services besides what package remote says.
var (
	errServer       = errors.New("no address of a sign-in service")
	errWrongNumber  = errors.New("not the number")
	errOtherRequest = errors.New("the number of another request")
)

// farSayings are sayings about sign-in services.
var farSayings = []saying{
	{desk.ErrNoDoor, "terminal.error.no_server", 3},
	{desk.ErrNoUnlock, "terminal.error.no_unlock", 4},
	{desk.ErrHere, "terminal.error.here", 1},
	{desk.ErrNoBackup, "terminal.error.backup_off", 3},
	{desk.ErrBackupOn, "terminal.error.backup_on", 1},
	{desk.ErrNotAway, "terminal.error.not_away", 1},
	{desk.ErrSignIn, "terminal.error.sign_in", 7},
	{desk.ErrStopped, "terminal.error.stopped", 7},
	{desk.ErrOver, "terminal.error.over", 7},
	{desk.ErrAsks, "terminal.error.backup_asks", 1},
	{remote.ErrEnded, "terminal.error.backup_ended", 7},
	{remote.ErrNoBackup, "terminal.error.no_backup", 3},
	{remote.ErrConflict, "terminal.error.backup_conflict", 6},
	{remote.ErrNotPersonal, "terminal.error.not_personal", 7},
	{remote.ErrWeak, "terminal.error.weak", 7},
	{remote.ErrStorage, "terminal.error.storage", 7},
	{remote.ErrLate, "terminal.error.sign_in", 7},
	{remote.ErrDenied, "terminal.error.denied", 7},
	{desk.ErrNowhere, "terminal.error.through", 2},
	{desk.ErrNoMeeting, "terminal.error.meeting_picture", 3},
	{remote.ErrNetwork, "terminal.error.other_network", 7},
	{remote.ErrTaken, "terminal.error.taken", 7},
	{remote.ErrMeeting, "terminal.error.meeting", 7},
	{remote.MetError{Why: wire.MetDigits}, "terminal.error.digits", 7},
	{remote.MetError{Why: wire.MetLeft}, "terminal.error.left", 7},
	{remote.MetError{Why: wire.MetDone}, "terminal.error.left", 7},
	{remote.MetError{Why: wire.MetScreen}, "terminal.error.screen", 7},
	{move.ErrDigits, "terminal.error.digits", 7},
	{move.ErrTyped, "terminal.error.six", 2},
	{move.ErrNewer, "terminal.error.move_newer", 5},
	{move.ErrOther, "terminal.error.stranger", 6},
	{move.ErrStranger, "terminal.error.parcel", 7},
	{desk.ErrNoReceipt, "terminal.error.no_receipt", 6},
	{errServer, "terminal.error.server", 2},
	{errWrongNumber, "terminal.error.wrong_number", 7},
	{errOtherRequest, "terminal.error.other_request", 7},
	{remote.ErrUnreachable, "terminal.error.unreachable", 6},
	{remote.ErrStranger, "terminal.error.stranger", 6},
	{remote.ErrRemoved, "terminal.error.removed", 7},
	{remote.ErrClock, "terminal.error.clock", 1},
	{remote.ErrSuspended, "terminal.error.suspended", 7},
	{remote.ErrClosed, "terminal.error.closed", 7},
	{remote.ErrUnknown, "terminal.error.no_request", 3},
	{remote.ErrOffer, "terminal.error.offer", 7},
	{remote.ErrFull, "terminal.error.full", 1},
	{remote.ErrBusy, "terminal.error.wait", 6},
	{wire.ErrMistyped, "terminal.error.mistyped", 2},
}
