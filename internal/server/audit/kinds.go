package audit

// A Kind names what happened: area, thing, outcome.
type Kind string

// Signing in.
const (
	SigninPasswordOK    Kind = "signin.password.ok"
	SigninPasswordWrong Kind = "signin.password.wrong"
	SigninCodeOK        Kind = "signin.code.ok"
	SigninCodeWrong     Kind = "signin.code.wrong"
	SigninPasskeyOK     Kind = "signin.passkey.ok"
	SigninPasskeyWrong  Kind = "signin.passkey.wrong"
	SigninMailWrong     Kind = "signin.mail.wrong"
	SigninRecovered     Kind = "signin.recovered" // a recovery sign-in, which leaves no session
	SigninRestores      Kind = "signin.restores"  // one for a device on which an account came back
	SigninRecoveryWrong Kind = "signin.recovery.wrong"
	SigninPassWrong     Kind = "signin.pass.wrong"
	SigninSetsUp        Kind = "signin.sets_up" // a code that was sent lets who has to register anew pair an app
	SigninLimited       Kind = "signin.limited"
	SigninRefused       Kind = "signin.refused"
	SigninAsked         Kind = "signin.asked" // what for, by which rules
	SigninDone          Kind = "signin.done"
)

// Approvals.
const (
	ApprovalAsked       Kind = "approval.asked"
	ApprovalApproved    Kind = "approval.approved"
	ApprovalDenied      Kind = "approval.denied"
	ApprovalReported    Kind = "approval.reported"
	ApprovalWrongNumber Kind = "approval.wrong_number"
	ApprovalOther       Kind = "approval.other_request"
	ApprovalExpired     Kind = "approval.expired"
	ApprovalReplaced    Kind = "approval.replaced" // its attempt asked again, or took another way
	ApprovalSilenced    Kind = "approval.silenced"
	ApprovalUsed        Kind = "approval.used"
)

// Authenticator apps.
const (
	RegistrationOffered    Kind = "registration.offered"
	RegistrationAccepted   Kind = "registration.accepted"
	RegistrationConfirmed  Kind = "registration.confirmed"
	RegistrationRefused    Kind = "registration.refused"
	RegistrationActive     Kind = "registration.active"
	RegistrationRenamed    Kind = "registration.renamed"
	RegistrationReplaced   Kind = "registration.replaced"
	RegistrationRemoved    Kind = "registration.removed"
	RegistrationUnlock     Kind = "registration.unlock"      // it has an unlock key
	RegistrationUnlockGone Kind = "registration.unlock_gone" // its lock was turned off
	PasswordlessOn         Kind = "registration.passwordless_on"
	PasswordlessOff        Kind = "registration.passwordless_off"
)

// Passkeys and security keys.
const (
	PasskeyAdded   Kind = "passkey.added"
	PasskeyRenamed Kind = "passkey.renamed"
	PasskeyRemoved Kind = "passkey.removed"
	PasskeyCopied  Kind = "passkey.copied" // its counter went back
)

// Other authenticators that make one-time codes.
const (
	CodeAppAdded   Kind = "codeapp.added"
	CodeAppRenamed Kind = "codeapp.renamed"
	CodeAppSet     Kind = "codeapp.set" // its clock was measured anew
	CodeAppRemoved Kind = "codeapp.removed"
)

// Mail addresses that people give themselves.
const (
	AddressAdded   Kind = "address.added"
	AddressRemoved Kind = "address.removed"
)

// Recovery codes.
const (
	RecoveryMade    Kind = "recovery.made"
	RecoveryUsed    Kind = "recovery.used"
	RecoveryRemoved Kind = "recovery.removed"
)

// Temporary access passes.
const (
	PassIssued Kind = "pass.issued"
	PassUsed   Kind = "pass.used"
)

// A new device in the place of a lost one.
const (
	RestoreWaits   Kind = "restore.waits" // it becomes an app later
	RestoreStopped Kind = "restore.stopped"
	RestoreAsked   Kind = "restore.asked"   // on a phone the person has, about the new one
	RestoreAllowed Kind = "restore.allowed" // there, by the number that the new one showed
)

// A forgotten password.
const (
	WayBackSent    Kind = "wayback.sent"    // a code, by mail
	WayBackWrong   Kind = "wayback.wrong"   // a code that was not right
	WayBackProven  Kind = "wayback.proven"  // one that was
	WayBackWaits   Kind = "wayback.waits"   // the new password is set later
	WayBackStopped Kind = "wayback.stopped" // before that
	WayBackDone    Kind = "wayback.done"
)

// Sessions.
const (
	SessionStarted  Kind = "session.started"
	SessionEnded    Kind = "session.ended"
	SessionEndedAll Kind = "session.ended_all"
)

// Browsers in which no second proof is asked for a while.
const (
	BrowserRemembered Kind = "browser.remembered"
	BrowserForgotten  Kind = "browser.forgotten" // by the person: one, or all
)

// People and directories.
const (
	DirectoryCreated   Kind = "directory.created"
	DirectoryPolicy    Kind = "directory.policy"
	DirectoryLooks     Kind = "directory.looks" // its name, logo or colour
	PersonCreated      Kind = "person.created"
	PersonRegistered   Kind = "person.registered" // by themselves
	PersonSnoozed      Kind = "person.snoozed"    // they put off what they were advised to set up
	PersonSuspended    Kind = "person.suspended"
	PersonResumed      Kind = "person.resumed"
	PersonReset        Kind = "person.reset"
	PersonReregister   Kind = "person.reregister" // everything beyond the password is void
	PersonRole         Kind = "person.role"
	PersonSetupLink    Kind = "person.setup_link"
	PersonEnrolClosed  Kind = "person.enrol_closed"
	PersonPasswordSet  Kind = "person.password.set"
	PersonPasswordSeen Kind = "person.password.exposed"
	PersonFirst        Kind = "person.first"   // how they are asked first was chosen by them
	PersonNotMe        Kind = "person.not_me"  // they said of an event that it was not theirs
	PersonBraked       Kind = "person.braked"  // by the link of a mail
	PersonCopied       Kind = "person.copied"  // they took a copy of their data
	PersonDeleted      Kind = "person.deleted" // by themselves
	PersonFrozen       Kind = "person.frozen"
	PersonThawed       Kind = "person.thawed"
)

// Sealed backups.
const (
	BackupBound     Kind = "backup.bound"     // a device may store
	BackupRecovered Kind = "backup.recovered" // a device may read, for an hour
	BackupUnbound   Kind = "backup.unbound"
	BackupDeleted   Kind = "backup.deleted"
	BackupRestored  Kind = "backup.restored" // a deleted one was brought back
	BackupSilent    Kind = "backup.silent"   // no device was heard of for a while, and the person was told
	// Whether the person wants to be told that.
	BackupReminderOn  Kind = "backup.reminder_on"
	BackupReminderOff Kind = "backup.reminder_off"
)

// What those who manage an organisation did for somebody; Actor says who.
const (
	AdminAdded         Kind = "admin.added"
	AdminSessionEnded  Kind = "admin.session_ended"
	AdminSessionsEnded Kind = "admin.sessions_ended"
	AdminPasswordReset Kind = "admin.password_reset"
	AdminReregister    Kind = "admin.reregister"
	AdminPass          Kind = "admin.pass_issued"
	AdminAppRemoved    Kind = "admin.app_removed"
	AdminEdited        Kind = "admin.edited"
	AdminSuspended     Kind = "admin.suspended"
	AdminRestored      Kind = "admin.restored"
	AdminRole          Kind = "admin.role"
	AdminSettled       Kind = "admin.report_settled"
	AdminExported      Kind = "admin.exported" // the audit log was taken out
)

// Applications.
const (
	OAuthClient   Kind = "oauth.client"
	OAuthConsent  Kind = "oauth.consent"
	OAuthGrant    Kind = "oauth.grant"
	OAuthRedeemed Kind = "oauth.redeemed"
	OAuthReuse    Kind = "oauth.reuse"
	OAuthRevoked  Kind = "oauth.revoked"
	OAuthLogout   Kind = "oauth.logout"
	OAuthKeyMade  Kind = "oauth.key.made"
)

// The server itself.
const (
	ServerInit    Kind = "server.init"
	ServerCommand Kind = "server.command" // somebody at the terminal; Detail says which
	ServerMigrate Kind = "server.migrate"
	ServerRestore Kind = "server.restore"
)
