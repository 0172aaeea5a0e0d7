package transfer

import "context"

// A row of the table: how files of a format are known and read. A program with
// several kinds of files has several rows with the same Format.
type row struct {
	Format
	is   func(*file) bool                  // looks at the content; must be cheap
	read func(context.Context, *job) error // fills the job's result
}

// The formats. Verified means by samples or documentation of the program
// itself, not only by another program's reader.
var (
	sealedFormat      = Format{ID: "sealed", Name: "Countersign", Verified: true, Encrypted: true, Writes: true}
	backupFormat      = Format{ID: "backup", Name: "Countersign", Verified: true, Encrypted: true}
	otpauthFormat     = Format{ID: "otpauth", Name: "otpauth", Verified: true, Writes: true}
	googleFormat      = Format{ID: "google", Name: "Google Authenticator", Verified: true, Writes: true}
	aegisFormat       = Format{ID: "aegis", Name: "Aegis", Verified: true, Encrypted: true, Writes: true}
	twoFASFormat      = Format{ID: "twofas", Name: "2FAS", Verified: true, Encrypted: true}
	enteFormat        = Format{ID: "ente", Name: "Ente Auth", Verified: true, Encrypted: true}
	protonFormat      = Format{ID: "proton", Name: "Proton Authenticator", Verified: true, Encrypted: true}
	protonPassFormat  = Format{ID: "protonpass", Name: "Proton Pass", Verified: true}
	bitwardenFormat   = Format{ID: "bitwarden", Name: "Bitwarden", Verified: true, Encrypted: true}
	stratumFormat     = Format{ID: "stratum", Name: "Stratum", Verified: true, Encrypted: true}
	andOTPFormat      = Format{ID: "andotp", Name: "andOTP", Verified: true, Encrypted: true}
	freeOTPFormat     = Format{ID: "freeotp", Name: "FreeOTP", Verified: true, Encrypted: true}
	freeOTPPlusFormat = Format{ID: "freeotpplus", Name: "FreeOTP+", Verified: true}
	lastPassFormat    = Format{ID: "lastpass", Name: "LastPass Authenticator"}
	twoFAuthFormat    = Format{ID: "twofauth", Name: "2FAuth", Verified: true}
	duoFormat         = Format{ID: "duo", Name: "Duo Mobile"}
	steamFormat       = Format{ID: "steam", Name: "Steam"}
	raivoFormat       = Format{ID: "raivo", Name: "Raivo OTP", Verified: true, Encrypted: true}
	authPlusFormat    = Format{ID: "authplus", Name: "Authenticator Plus", Encrypted: true}
	keePassFormat     = Format{ID: "keepassxc", Name: "KeePassXC", Verified: true}
	onePasswordFormat = Format{ID: "onepassword", Name: "1Password", Verified: true}
	authyFormat       = Format{ID: "authy", Name: "Authy", Encrypted: true}
	battleNetFormat   = Format{ID: "battlenet", Name: "Battle.net"}
	totpAuthFormat    = Format{ID: "totpauthenticator", Name: "TOTP Authenticator", Encrypted: true}
	microsoftFormat   = Format{ID: "microsoft", Name: "Microsoft Authenticator"}
	sqliteFormat      = Format{ID: "sqlite", Name: "SQLite", Verified: true}
	pgpFormat         = Format{ID: "openpgp", Name: "OpenPGP", Verified: true}
)

// table is in the order of detection: what has magic bytes first, then JSON by
// its keys, then CSV by its columns, then lines, last what has no sign at all.
var table = []row{
	{sealedFormat, isSealed, readSealed},
	{backupFormat, isBackup, readBackup},
	{stratumFormat, isStratumSealed, readStratumSealed},
	{pgpFormat, isPGP, readPGP},
	{freeOTPFormat, isFreeOTP2, readFreeOTP2},
	{microsoftFormat, isMicrosoft, readDatabase},
	{googleFormat, isGoogleDatabase, readDatabase},
	{sqliteFormat, isSQLite, readDatabase},

	// zip
	{protonPassFormat, isProtonPassZip, readProtonPassZip},
	{raivoFormat, isRaivoZip, readRaivoZip},
	{onePasswordFormat, isOnePassword, readOnePassword},
	{authPlusFormat, isAuthPlus, readAuthPlus},

	// JSON objects
	{sealedFormat, isOwn, readOwn},
	{backupFormat, isVault, readVault},
	{aegisFormat, isAegis, readAegis},
	{aegisFormat, isAegisContent, readAegisContent},
	{twoFASFormat, isTwoFAS, readTwoFAS},
	{enteFormat, isEnteSealed, readEnteSealed},
	{enteFormat, isEnteJSON, readEnteJSON},
	{protonFormat, isProton, readProton},
	{protonFormat, isProtonSealed, readProtonSealed},
	{protonPassFormat, isProtonPass, readProtonPass},
	{bitwardenFormat, isBitwarden, readBitwarden},
	{stratumFormat, isStratum, readStratum},
	{freeOTPPlusFormat, isFreeOTPPlus, readFreeOTPPlus},
	{lastPassFormat, isLastPass, readLastPass},
	{twoFAuthFormat, isTwoFAuth, readTwoFAuth},
	{steamFormat, isSteam, readSteam},

	// JSON arrays
	{andOTPFormat, isAndOTP, readAndOTP},
	{duoFormat, isDuo, readDuo},
	{raivoFormat, isRaivo, readRaivo},

	// XML
	{keePassFormat, isKeePass, readKeePass},

	// preferences of Android apps
	{freeOTPFormat, isFreeOTP, readFreeOTP},
	{authyFormat, isAuthy, readAuthy},
	{battleNetFormat, isBattleNet, readBattleNet},
	{totpAuthFormat, isTOTPAuthPreferences, readTOTPAuthPreferences},

	// CSV
	{protonPassFormat, isProtonPassCSV, readProtonPassCSV},
	{bitwardenFormat, isBitwardenCSV, readBitwardenCSV},
	{keePassFormat, isKeePassCSV, readKeePassCSV},
	{onePasswordFormat, isOnePasswordCSV, readOnePasswordCSV},

	// lines
	{googleFormat, isGoogle, readGoogle},
	{enteFormat, isEnteText, readOtpauth},
	{otpauthFormat, isOtpauth, readOtpauth},

	// no sign
	{totpAuthFormat, isTOTPAuth, readTOTPAuth},
	{andOTPFormat, isAndOTPSealed, readAndOTPSealed},
}
