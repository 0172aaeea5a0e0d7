-- The first schema. Times are milliseconds since 1970; 0 means "not yet".
-- Ids are 128 random bits in base32. What a person could use as a secret is
-- here only as a hash, or sealed under the key-encryption key.

-- notify: what changed, for the other nodes
CREATE TABLE wake (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  node TEXT NOT NULL, topic TEXT NOT NULL, at BIGINT NOT NULL
);
CREATE INDEX wake_at ON wake (at);

-- keep: the server's own keys, sealed
CREATE TABLE server_key (
  name TEXT PRIMARY KEY, sealed BYTEA NOT NULL, created_at BIGINT NOT NULL
);

-- limit
CREATE TABLE tally (
  key TEXT NOT NULL, span BIGINT NOT NULL, n BIGINT NOT NULL, ends_at BIGINT NOT NULL,
  PRIMARY KEY (key, span)
);
CREATE INDEX tally_ends ON tally (ends_at);

-- audit
CREATE TABLE audit_event (
  id TEXT PRIMARY KEY, at BIGINT NOT NULL, kind TEXT COLLATE "C" NOT NULL,
  area TEXT NOT NULL GENERATED ALWAYS AS (split_part(kind, '.', 1)) STORED, -- what the kind begins with
  directory_id TEXT NOT NULL DEFAULT '', person_id TEXT NOT NULL DEFAULT '', actor TEXT NOT NULL DEFAULT '',
  method TEXT NOT NULL DEFAULT '', app TEXT NOT NULL DEFAULT '',
  ip TEXT NOT NULL DEFAULT '', place TEXT NOT NULL DEFAULT '', browser TEXT NOT NULL DEFAULT '',
  correlation TEXT NOT NULL DEFAULT '', detail TEXT NOT NULL DEFAULT '{}',
  seq BIGINT NOT NULL DEFAULT 0, -- place in the chain; 0 until the sealer has come by
  salt BYTEA NOT NULL DEFAULT '', digest BYTEA NOT NULL DEFAULT '' -- of what is personal in it
);
CREATE INDEX audit_person ON audit_event (person_id, at, id);
CREATE INDEX audit_at ON audit_event (at, id);
CREATE INDEX audit_reported ON audit_event (directory_id, at, id) WHERE kind IN ('approval.reported', 'person.not_me', 'person.braked');
CREATE INDEX audit_deleted ON audit_event (at, person_id) WHERE kind = 'person.deleted';
CREATE INDEX audit_directory ON audit_event (directory_id, at, id);
CREATE INDEX audit_area ON audit_event (directory_id, area, at, id);
CREATE INDEX audit_network ON audit_event (directory_id, ip, at, id) WHERE ip <> '';
CREATE INDEX audit_reference ON audit_event (correlation, at, id) WHERE correlation <> '';
CREATE UNIQUE INDEX audit_seq ON audit_event (seq) WHERE seq > 0;
CREATE INDEX audit_unsealed ON audit_event (at, id) WHERE seq = 0;
-- The chain: seal n covers the events up to seq. One row is a batch.
CREATE TABLE audit_seal (
  n BIGINT PRIMARY KEY, seq BIGINT NOT NULL, at BIGINT NOT NULL, head BYTEA NOT NULL, signature BYTEA NOT NULL
);
CREATE TABLE audit_sealer (
  id BIGINT PRIMARY KEY CHECK (id = 1), node TEXT NOT NULL, until BIGINT NOT NULL
);
INSERT INTO audit_sealer (id, node, until) VALUES (1, '', 0);
-- How often what happened in an hour (since 1970), for charts.
CREATE TABLE audit_hour (
  directory_id TEXT NOT NULL, hour BIGINT NOT NULL, kind TEXT NOT NULL, method TEXT NOT NULL, n BIGINT NOT NULL,
  PRIMARY KEY (directory_id, hour, kind, method)
);

-- notify: mail to send; what a template is filled with is sealed, and emptied once it is sent
CREATE TABLE mail (
  id TEXT PRIMARY KEY, channel TEXT NOT NULL CHECK (channel IN ('mail', 'text')), person_id TEXT NOT NULL, address TEXT NOT NULL, locale TEXT NOT NULL, zone TEXT NOT NULL,
  template TEXT NOT NULL, sealed BYTEA NOT NULL, created_at BIGINT NOT NULL,
  next_at BIGINT NOT NULL, tries BIGINT NOT NULL DEFAULT 0, leased_until BIGINT NOT NULL DEFAULT 0,
  ended_at BIGINT NOT NULL DEFAULT 0, outcome TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX mail_due ON mail (channel, ended_at, next_at);

-- directory
CREATE TABLE directory (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('organization', 'personal')),
  name TEXT NOT NULL, name_key TEXT NOT NULL, domain TEXT UNIQUE, policy TEXT NOT NULL, -- name_key: the name in one form, to be compared
  accent TEXT NOT NULL DEFAULT '', logo TEXT NOT NULL DEFAULT '', -- '#rrggbb'; the id of its picture
  guard BIGINT NOT NULL DEFAULT 0, created_at BIGINT NOT NULL
);
CREATE INDEX directory_kind ON directory (kind, created_at, id);
CREATE UNIQUE INDEX directory_name ON directory (name_key) WHERE kind = 'organization';
-- What an organisation is seen by, as this server drew it; the id is a hash of it.
CREATE TABLE logo (
  directory_id TEXT PRIMARY KEY REFERENCES directory (id), id TEXT NOT NULL, png BYTEA NOT NULL
);
CREATE INDEX logo_id ON logo (id);
CREATE TABLE person (
  id TEXT PRIMARY KEY, directory_id TEXT NOT NULL REFERENCES directory (id),
  login TEXT COLLATE "C" NOT NULL UNIQUE, name TEXT NOT NULL,
  email TEXT NOT NULL DEFAULT '', email_at BIGINT NOT NULL DEFAULT 0, -- since when it is theirs
  locale TEXT NOT NULL DEFAULT '', zone TEXT NOT NULL DEFAULT '', role TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL CHECK (state IN ('active', 'suspended')),
  enrol TEXT NOT NULL CHECK (enrol IN ('open', 'code', 'closed')),
  enrol_until BIGINT NOT NULL DEFAULT 0, -- 0 for open without end
  anew_at BIGINT NOT NULL DEFAULT 0, -- since when they have to register anew; 0 for not
  to_set_up BIGINT NOT NULL GENERATED ALWAYS AS (CASE WHEN enrol <> 'closed' OR anew_at > 0 THEN 1 ELSE 0 END) STORED,
  epoch BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL
);
CREATE INDEX person_directory ON person (directory_id, login);
CREATE INDEX person_state ON person (directory_id, state, login);
CREATE INDEX person_to_set_up ON person (directory_id, to_set_up, state, login);
CREATE INDEX person_managers ON person (directory_id, login) WHERE role <> '';
-- The words that people are found by.
CREATE TABLE person_word (
  directory_id TEXT NOT NULL, word TEXT COLLATE "C" NOT NULL, person_id TEXT NOT NULL,
  PRIMARY KEY (directory_id, word, person_id)
);
CREATE INDEX person_word_person ON person_word (person_id, word);
-- A mail address that a person gave themselves. It is on its way, in the session that
-- asked for it, until the code that was sent to it was typed.
CREATE TABLE address (
  id TEXT PRIMARY KEY, person_id TEXT NOT NULL REFERENCES person (id),
  kind TEXT NOT NULL CHECK (kind IN ('mail', 'phone')), address TEXT NOT NULL, session_id TEXT NOT NULL,
  code BYTEA NOT NULL, tries BIGINT NOT NULL DEFAULT 0, expires_at BIGINT NOT NULL, -- of the last code; keyed
  created_at BIGINT NOT NULL, confirmed_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX address_person ON address (person_id, address) WHERE confirmed_at > 0;
CREATE INDEX address_of ON address (person_id);
CREATE INDEX address_expires ON address (expires_at) WHERE confirmed_at = 0;
CREATE TABLE setup_link (
  hash BYTEA PRIMARY KEY, person_id TEXT NOT NULL REFERENCES person (id), epoch BIGINT NOT NULL,
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX setup_link_person ON setup_link (person_id);

-- brake
-- Links of mails about a change; good once.
CREATE TABLE brake_link (
  hash BYTEA PRIMARY KEY, person_id TEXT NOT NULL, what TEXT NOT NULL, added_id TEXT NOT NULL, name TEXT NOT NULL,
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX brake_expires ON brake_link (expires_at);
-- Whose methods must not be changed until then.
CREATE TABLE brake_freeze (person_id TEXT PRIMARY KEY, ends_at BIGINT NOT NULL);

-- method
CREATE TABLE password (
  person_id TEXT PRIMARY KEY REFERENCES person (id), hash TEXT NOT NULL,
  changed_at BIGINT NOT NULL, exposed_at BIGINT NOT NULL DEFAULT 0,
  barred TEXT NOT NULL DEFAULT '' -- hash of the one that was taken away, which is not chosen again
);
CREATE TABLE code_guard (
  person_id TEXT PRIMARY KEY, failures BIGINT NOT NULL, until BIGINT NOT NULL
);

CREATE TABLE passkey (
  id TEXT PRIMARY KEY, person_id TEXT NOT NULL REFERENCES person (id), directory_id TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('passkey', 'key')),
  name TEXT NOT NULL, credential_id BYTEA NOT NULL UNIQUE, public_key BYTEA NOT NULL, -- COSE
  sign_count BIGINT NOT NULL, synced BIGINT NOT NULL, transports TEXT NOT NULL,
  place TEXT NOT NULL, browser TEXT NOT NULL, created_at BIGINT NOT NULL, used_at BIGINT NOT NULL,
  copied_at BIGINT NOT NULL DEFAULT 0 -- its counter went back: somebody has a copy, so it proves nothing
);
CREATE INDEX passkey_person ON passkey (person_id, created_at);
CREATE INDEX passkey_directory ON passkey (directory_id, kind, copied_at, person_id);
-- A passkey on its way: created, then tried once, in the session that asked for it.
CREATE TABLE passkey_offer (
  id TEXT PRIMARY KEY, person_id TEXT NOT NULL, session_id TEXT NOT NULL, epoch BIGINT NOT NULL, kind TEXT NOT NULL,
  challenge BYTEA NOT NULL, name TEXT NOT NULL DEFAULT '', credential TEXT NOT NULL DEFAULT '', -- JSON, once created
  login TEXT NOT NULL DEFAULT '', called TEXT NOT NULL DEFAULT '', -- of an account that is made with it: person_id is nobody yet
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL
);
CREATE INDEX passkey_offer_expires ON passkey_offer (expires_at);
-- Another authenticator that makes one-time codes. It is on its way, in the session
-- that asked for it, until one of its codes was typed.
CREATE TABLE code_app (
  id TEXT PRIMARY KEY, person_id TEXT NOT NULL REFERENCES person (id), name TEXT NOT NULL DEFAULT '', secret BYTEA NOT NULL, -- sealed
  base BIGINT NOT NULL DEFAULT 0, drift BIGINT NOT NULL DEFAULT 0, -- how many steps its clock is ahead: when it was last set, and now
  last_step BIGINT NOT NULL DEFAULT 0, place TEXT NOT NULL DEFAULT '', browser TEXT NOT NULL DEFAULT '',
  session_id TEXT NOT NULL, epoch BIGINT NOT NULL, replaces TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, confirmed_at BIGINT NOT NULL DEFAULT 0, used_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX code_app_person ON code_app (person_id, confirmed_at);
CREATE INDEX code_app_expires ON code_app (expires_at) WHERE confirmed_at = 0;
-- One of a set of recovery codes; making a set replaces the one before.
CREATE TABLE recovery_code (
  person_id TEXT NOT NULL REFERENCES person (id), hash BYTEA NOT NULL, -- keyed
  created_at BIGINT NOT NULL, used_at BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (person_id, hash)
);
-- The access pass of a person, the last one issued.
CREATE TABLE access_pass (
  person_id TEXT PRIMARY KEY REFERENCES person (id), hash BYTEA NOT NULL, -- keyed
  epoch BIGINT NOT NULL, once BIGINT NOT NULL, starts_at BIGINT NOT NULL, ends_at BIGINT NOT NULL, used_at BIGINT NOT NULL DEFAULT 0
);
-- What a person wants to be asked first.
CREATE TABLE first_way (person_id TEXT PRIMARY KEY, way TEXT NOT NULL);

-- registration
CREATE TABLE offer (
  id TEXT PRIMARY KEY, person_id TEXT NOT NULL, session_id TEXT NOT NULL, epoch BIGINT NOT NULL,
  secret_hash BYTEA NOT NULL, code_hash BYTEA NOT NULL UNIQUE, sealed BYTEA NOT NULL, -- secret and code, for the page to show again
  replaces TEXT NOT NULL DEFAULT '', only_key BYTEA NOT NULL DEFAULT '', -- of the one device that may take it
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
  taken_at BIGINT NOT NULL DEFAULT 0, registration_id TEXT NOT NULL DEFAULT '',
  confirmed_at BIGINT NOT NULL DEFAULT 0, ended_at BIGINT NOT NULL DEFAULT 0, ended_why TEXT NOT NULL DEFAULT ''
);
CREATE INDEX offer_session ON offer (session_id, created_at);
CREATE INDEX offer_person ON offer (person_id, ended_at);
CREATE INDEX offer_expires ON offer (expires_at);
CREATE TABLE registration (
  id TEXT PRIMARY KEY, person_id TEXT NOT NULL, directory_id TEXT NOT NULL, offer_id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('pending', 'active', 'removed')),
  name TEXT NOT NULL, platform TEXT NOT NULL, ip TEXT NOT NULL, place TEXT NOT NULL, browser TEXT NOT NULL,
  public_key BYTEA NOT NULL, code_secret BYTEA NOT NULL, last_step BIGINT NOT NULL DEFAULT 0,
  unlock_key BYTEA NOT NULL DEFAULT '', passwordless BIGINT NOT NULL DEFAULT 0, -- passwordless only with an unlock key
  push_endpoint TEXT NOT NULL DEFAULT '', push_keys BYTEA NOT NULL DEFAULT '',
  restore_key BYTEA NOT NULL DEFAULT '', -- public half of what whoever opens its backup can sign with
  epoch BIGINT NOT NULL, created_at BIGINT NOT NULL, activated_at BIGINT NOT NULL DEFAULT 0,
  seen_at BIGINT NOT NULL, removed_at BIGINT NOT NULL DEFAULT 0, removed_why TEXT NOT NULL DEFAULT ''
);
CREATE INDEX registration_person ON registration (person_id, state);
CREATE INDEX registration_directory ON registration (directory_id, state, person_id);
CREATE INDEX registration_pending ON registration (created_at) WHERE state = 'pending';
-- What a device has changed about itself lately: a signed call is good once.
CREATE TABLE device_nonce (
  registration_id TEXT NOT NULL, nonce TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (registration_id, nonce)
);

-- approval
CREATE TABLE approval (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, person_id TEXT NOT NULL, directory_id TEXT NOT NULL,
  attempt_id TEXT NOT NULL DEFAULT '', offer_id TEXT NOT NULL DEFAULT '',
  only_registration TEXT NOT NULL DEFAULT '', -- who may answer: '' for any active app of the person
  state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'failed', 'denied', 'reported', 'replaced', 'used', 'expired')),
  number BYTEA NOT NULL, shown BYTEA NOT NULL, -- the number: keyed hash, and sealed for the page that asked
  nonce TEXT NOT NULL, body BYTEA NOT NULL, epoch BIGINT NOT NULL,
  known BIGINT NOT NULL, knocked BIGINT NOT NULL, app TEXT NOT NULL,
  device TEXT NOT NULL DEFAULT '', -- that is being set up, of kind 'new_phone'
  place TEXT NOT NULL,
  ip TEXT NOT NULL, net TEXT NOT NULL, browser TEXT NOT NULL, correlation TEXT NOT NULL,
  asked_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
  decided_at BIGINT NOT NULL DEFAULT 0, registration_id TEXT NOT NULL DEFAULT '',
  decision BYTEA NOT NULL DEFAULT '', answer TEXT NOT NULL DEFAULT '' -- hash of what was signed, and what was answered
);
CREATE INDEX approval_person ON approval (person_id, state, expires_at);
CREATE INDEX approval_asked ON approval (person_id, asked_at);
CREATE INDEX approval_attempt ON approval (attempt_id, asked_at);
CREATE INDEX approval_offer ON approval (offer_id, asked_at);
CREATE INDEX approval_expires ON approval (expires_at);
CREATE INDEX approval_open ON approval (expires_at) WHERE state = 'open';
CREATE INDEX approval_nobody ON approval (expires_at) WHERE only_registration = 'nobody';
-- One row a person: the strikes toward silence, and what transactions of one person queue on.
CREATE TABLE approval_gate (
  person_id TEXT PRIMARY KEY, turn BIGINT NOT NULL DEFAULT 0, strikes BIGINT NOT NULL DEFAULT 0,
  silent_until BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE network_block (
  person_id TEXT NOT NULL, net TEXT NOT NULL, known BIGINT NOT NULL, -- 1: known browsers too
  until BIGINT NOT NULL, PRIMARY KEY (person_id, net)
);

-- signin
CREATE TABLE attempt (
  id TEXT PRIMARY KEY, hash BYTEA NOT NULL UNIQUE, goal TEXT NOT NULL,
  purpose TEXT NOT NULL, -- 'signin', 'again' (full authentication once more for one person), 'recover', 'restore' (no session comes of them)
  client_id TEXT NOT NULL DEFAULT '', app TEXT NOT NULL DEFAULT '', app_host TEXT NOT NULL DEFAULT '', app_verified BIGINT NOT NULL DEFAULT 0,
  device TEXT NOT NULL DEFAULT '', platform TEXT NOT NULL DEFAULT '', -- that is being set up, of purpose 'restore'
  strength BIGINT NOT NULL DEFAULT 0, -- that the application asks for
  hint TEXT NOT NULL DEFAULT '', login TEXT NOT NULL DEFAULT '', directory_id TEXT NOT NULL DEFAULT '',
  person_id TEXT NOT NULL DEFAULT '', -- '' for a name nobody has: a decoy
  epoch BIGINT NOT NULL DEFAULT 0,
  known BIGINT NOT NULL DEFAULT 0, second TEXT NOT NULL DEFAULT '', -- what the browser's own cookie says
  proofs TEXT NOT NULL DEFAULT '', -- space-separated, in order: see package policy
  state TEXT NOT NULL, -- 'name' (nobody has said who they are), 'open', 'done', 'ended'
  why TEXT NOT NULL DEFAULT '', -- of 'ended'
  approval_id TEXT NOT NULL DEFAULT '', shown BYTEA NOT NULL DEFAULT '', shown_until BIGINT NOT NULL DEFAULT 0, -- the last number, sealed
  session_id TEXT NOT NULL DEFAULT '', -- the enrol-only session it waits for
  done_at BIGINT NOT NULL DEFAULT 0, -- of purpose 'recover' and 'restore'
  ip TEXT NOT NULL, net TEXT NOT NULL, place TEXT NOT NULL, browser TEXT NOT NULL, system TEXT NOT NULL, correlation TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL
);
CREATE INDEX attempt_expires ON attempt (expires_at);
CREATE TABLE session (
  id TEXT PRIMARY KEY, hash BYTEA NOT NULL UNIQUE, person_id TEXT NOT NULL, directory_id TEXT NOT NULL, epoch BIGINT NOT NULL,
  methods TEXT NOT NULL, strength BIGINT NOT NULL, auth_at BIGINT NOT NULL, full_at BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL, seen_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
  ip TEXT NOT NULL, place TEXT NOT NULL, browser TEXT NOT NULL,
  enrol BIGINT NOT NULL DEFAULT 0, -- 1: may pair an app and do nothing else
  ended_at BIGINT NOT NULL DEFAULT 0, ended_why TEXT NOT NULL DEFAULT ''
);
CREATE INDEX session_person ON session (person_id, ended_at);
CREATE TABLE known_browser (
  hash BYTEA NOT NULL, person_id TEXT NOT NULL, epoch BIGINT NOT NULL, second TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL, seen_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
  PRIMARY KEY (hash, person_id)
);
-- Browsers in which their person is not asked for a second proof for a while.
CREATE TABLE remembered_browser (
  id TEXT PRIMARY KEY, hash BYTEA NOT NULL, -- as in known_browser
  person_id TEXT NOT NULL, epoch BIGINT NOT NULL, browser TEXT NOT NULL, place TEXT NOT NULL, ip TEXT NOT NULL,
  created_at BIGINT NOT NULL, seen_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
  UNIQUE (hash, person_id)
);
CREATE INDEX remembered_browser_person ON remembered_browser (person_id);

-- Who was advised to set something up and put it off: how often, and until when.
CREATE TABLE nudge (
  person_id TEXT PRIMARY KEY, times BIGINT NOT NULL, until BIGINT NOT NULL
);

-- wayback
-- Somebody who has forgotten the password, on the way to a new one.
CREATE TABLE way_back (
  id TEXT PRIMARY KEY, hash BYTEA NOT NULL UNIQUE, login TEXT NOT NULL, directory_id TEXT NOT NULL,
  person_id TEXT NOT NULL, -- '' for a name nobody has: a decoy
  epoch BIGINT NOT NULL, proofs TEXT NOT NULL DEFAULT '', -- space-separated: see package policy
  state TEXT NOT NULL CHECK (state IN ('open', 'waits', 'done', 'stopped')),
  password TEXT NOT NULL DEFAULT '', ready_at BIGINT NOT NULL DEFAULT 0, -- of 'waits': the hash to set, and when
  ends_strong BIGINT NOT NULL DEFAULT 0, -- 1: what signs in alone was lost, and ends with it
  ticket_id TEXT NOT NULL DEFAULT '', -- of the device that led here
  ip TEXT NOT NULL, net TEXT NOT NULL, place TEXT NOT NULL, browser TEXT NOT NULL, correlation TEXT NOT NULL,
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL
);
CREATE INDEX way_back_person ON way_back (person_id) WHERE state = 'waits';
CREATE INDEX way_back_ready ON way_back (ready_at) WHERE state = 'waits';
CREATE INDEX way_back_expires ON way_back (expires_at);
-- The last code that was sent to what the person can be reached by.
CREATE TABLE way_back_code (
  way_id TEXT NOT NULL, proof TEXT NOT NULL, code BYTEA NOT NULL, -- keyed
  tries BIGINT NOT NULL DEFAULT 0, since BIGINT NOT NULL, expires_at BIGINT NOT NULL, -- since: when what it was sent to was confirmed
  PRIMARY KEY (way_id, proof)
);
-- A device on which an account came back by its name, on the way to a registration.
CREATE TABLE rebind_ticket (
  id TEXT PRIMARY KEY, person_id TEXT NOT NULL, -- '' for a subject nobody has: it leads nowhere
  epoch BIGINT NOT NULL, public_key BYTEA NOT NULL, name TEXT NOT NULL, platform TEXT NOT NULL,
  challenge BYTEA NOT NULL, signed_by BYTEA NOT NULL DEFAULT '', -- the public restore key that has signed it
  state TEXT NOT NULL CHECK (state IN ('open', 'waits', 'offered', 'done', 'stopped')),
  ready_at BIGINT NOT NULL DEFAULT 0, offer_id TEXT NOT NULL DEFAULT '',
  ip TEXT NOT NULL, place TEXT NOT NULL, browser TEXT NOT NULL,
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL
);
CREATE INDEX rebind_ticket_person ON rebind_ticket (person_id) WHERE state IN ('waits', 'offered');
CREATE INDEX rebind_ticket_expires ON rebind_ticket (expires_at);

-- admin: reports of suspicious sign-ins that somebody has seen to
CREATE TABLE report_settled (
  event_id TEXT PRIMARY KEY, directory_id TEXT NOT NULL, person_id TEXT NOT NULL, by_id TEXT NOT NULL, at BIGINT NOT NULL
);
-- How many people those directories have that have very many, counted now and then.
CREATE TABLE headcount (
  directory_id TEXT PRIMARY KEY, people BIGINT NOT NULL, suspended BIGINT NOT NULL, not_set_up BIGINT NOT NULL, with_app BIGINT NOT NULL,
  with_passkey BIGINT NOT NULL, with_key BIGINT NOT NULL, at BIGINT NOT NULL
);

-- backup: where the sealed backups of a recovery account lie
CREATE TABLE backup_place (
  id TEXT PRIMARY KEY, person_id TEXT NOT NULL UNIQUE,
  head BIGINT NOT NULL DEFAULT 0, etag TEXT NOT NULL DEFAULT '', -- of the newest version
  remind BIGINT NOT NULL DEFAULT 1, remind_at BIGINT NOT NULL DEFAULT 0, -- whether, and when, to write that no device was heard of
  created_at BIGINT NOT NULL, deleted_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX backup_place_remind ON backup_place (remind_at) WHERE remind_at > 0;
CREATE INDEX backup_place_deleted ON backup_place (deleted_at) WHERE deleted_at > 0;
-- A generation, as it was sent. Nobody here can open it.
CREATE TABLE backup_version (
  place_id TEXT NOT NULL, n BIGINT NOT NULL, etag TEXT NOT NULL, size BIGINT NOT NULL, net TEXT NOT NULL,
  at BIGINT NOT NULL, day BIGINT NOT NULL, -- since 1970, UTC
  body BYTEA NOT NULL, PRIMARY KEY (place_id, n)
);
-- A device key that may read or write a place.
CREATE TABLE backup_binding (
  id TEXT PRIMARY KEY, place_id TEXT NOT NULL, person_id TEXT NOT NULL, epoch BIGINT NOT NULL,
  rights TEXT NOT NULL CHECK (rights IN ('read', 'write')), public_key BYTEA NOT NULL,
  platform TEXT NOT NULL, place TEXT NOT NULL, idle BIGINT NOT NULL, -- milliseconds without a call that end it
  created_at BIGINT NOT NULL, seen_at BIGINT NOT NULL, expires_at BIGINT NOT NULL DEFAULT 0, -- 0: not by itself
  paused BIGINT NOT NULL DEFAULT 0, ended_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX backup_binding_place ON backup_binding (place_id, ended_at);
CREATE INDEX backup_binding_ends ON backup_binding (expires_at) WHERE expires_at > 0;
CREATE TABLE backup_nonce (
  binding_id TEXT NOT NULL, nonce TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (binding_id, nonce)
);
CREATE INDEX backup_nonce_at ON backup_nonce (at);

-- meeting: what two devices hand each other, sealed, for ten minutes; of their keys the hashes
CREATE TABLE meeting (
  code TEXT PRIMARY KEY, network TEXT NOT NULL,
  new_key BYTEA NOT NULL, old_key BYTEA NOT NULL DEFAULT '', -- empty until somebody joined
  invitation BYTEA NOT NULL, answer BYTEA NOT NULL DEFAULT '', parcel BYTEA NOT NULL DEFAULT '', receipt BYTEA NOT NULL DEFAULT '',
  ended TEXT NOT NULL DEFAULT '', expires_at BIGINT NOT NULL
);
CREATE INDEX meeting_expires ON meeting (expires_at);

-- oauth
CREATE TABLE client (
  id TEXT PRIMARY KEY, directory_id TEXT NOT NULL DEFAULT '', -- '' for everybody, else for the people of that directory
  name TEXT NOT NULL, host TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('web', 'browser', 'native')), secret_hash BYTEA NOT NULL DEFAULT '',
  redirects TEXT NOT NULL, logout_redirects TEXT NOT NULL DEFAULT '[]', -- JSON lists
  scopes TEXT NOT NULL, audience TEXT NOT NULL DEFAULT '',
  verified BIGINT NOT NULL DEFAULT 0, trusted BIGINT NOT NULL DEFAULT 0,
  device BIGINT NOT NULL DEFAULT 0, -- 1: may sign somebody in with a code that they type elsewhere
  id_token_alg TEXT NOT NULL DEFAULT 'ES256', created_at BIGINT NOT NULL, disabled_at BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE authorize_request (
  id TEXT PRIMARY KEY, client_id TEXT NOT NULL, redirect_uri TEXT NOT NULL, scope TEXT NOT NULL,
  state TEXT NOT NULL, nonce TEXT NOT NULL, challenge TEXT NOT NULL, prompt TEXT NOT NULL, login_hint TEXT NOT NULL,
  subject TEXT NOT NULL, max_age BIGINT NOT NULL, strength BIGINT NOT NULL, locales TEXT NOT NULL, resource TEXT NOT NULL,
  device_code TEXT NOT NULL DEFAULT '', -- of a device that asked, which has no redirect_uri
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, answered_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX authorize_expires ON authorize_request (expires_at);
-- A device that waits until somebody has typed its code in a browser and allowed it.
CREATE TABLE device_code (
  id TEXT PRIMARY KEY, hash BYTEA NOT NULL, user_code BYTEA NOT NULL UNIQUE, -- of what the device polls with; keyed, of what is typed
  client_id TEXT NOT NULL, scope TEXT NOT NULL, resource TEXT NOT NULL,
  ip TEXT NOT NULL, place TEXT NOT NULL, browser TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'allowed', 'denied', 'redeemed')),
  request_id TEXT NOT NULL DEFAULT '', typed BYTEA NOT NULL DEFAULT '', -- the request of the browser it was typed in last, and a hash of that browser's cookie
  grant_id TEXT NOT NULL DEFAULT '', every BIGINT NOT NULL, -- milliseconds between two polls
  polled_at BIGINT NOT NULL DEFAULT 0, soon BIGINT NOT NULL DEFAULT 0, -- the last poll, and whether it came too soon
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL
);
CREATE INDEX device_code_expires ON device_code (expires_at);
CREATE TABLE consent (
  person_id TEXT NOT NULL, client_id TEXT NOT NULL, scope TEXT NOT NULL, at BIGINT NOT NULL, -- one row for each scope
  PRIMARY KEY (person_id, client_id, scope)
);
CREATE TABLE oauth_grant (
  id TEXT PRIMARY KEY, client_id TEXT NOT NULL, person_id TEXT NOT NULL, directory_id TEXT NOT NULL, session_id TEXT NOT NULL, epoch BIGINT NOT NULL,
  scope TEXT NOT NULL, resource TEXT NOT NULL, redirect_uri TEXT NOT NULL, nonce TEXT NOT NULL, challenge TEXT NOT NULL,
  auth_at BIGINT NOT NULL, strength BIGINT NOT NULL, methods TEXT NOT NULL,
  code_hash BYTEA NOT NULL, code_expires BIGINT NOT NULL, redeemed_at BIGINT NOT NULL DEFAULT 0,
  offline BIGINT NOT NULL, -- 1: refresh tokens; the valid one is number refresh_n
  refresh_n BIGINT NOT NULL DEFAULT 0, refreshed_at BIGINT NOT NULL DEFAULT 0, refresh_expires BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL, ends_at BIGINT NOT NULL, -- after which nothing of it is valid any more
  revoked_at BIGINT NOT NULL DEFAULT 0, revoked_why TEXT NOT NULL DEFAULT ''
);
CREATE INDEX grant_person ON oauth_grant (person_id, client_id);
CREATE INDEX grant_ends ON oauth_grant (ends_at);
CREATE TABLE signing_key (
  id TEXT PRIMARY KEY, slot TEXT NOT NULL UNIQUE, -- 'ES256/1', 'ES256/2', …: two nodes cannot both make the next
  alg TEXT NOT NULL, public TEXT NOT NULL, sealed BYTEA NOT NULL,
  created_at BIGINT NOT NULL, signs_from BIGINT NOT NULL, signs_until BIGINT NOT NULL, shown_until BIGINT NOT NULL
);
