//! Looks for anything that ties a voter, a code and a choice together: in the tables, in the files and
//! the write-ahead log of PostgreSQL, and in what a service logs.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use memchr::memmem;
use tokio_postgres::Client;
use uuid::Uuid;
use uvote_domain::token::Token;

/// Everything of one voter that must not be found beside anything else.
#[derive(Clone, Debug)]
pub struct Secret {
    /// The address on the roll.
    pub address: String,
    /// The id on the roll.
    pub id: Uuid,
    /// The code of the link.
    pub code: String,
    /// What the database knows of the code.
    pub hash: [u8; 32],
    /// The voter's nonce.
    pub nonce: [u8; 16],
}

impl Secret {
    /// The secret of a voter on a roll, whose id is looked up.
    pub async fn of(
        superuser: &Client,
        election: Uuid,
        address: String,
        code: &str,
        nonce: [u8; 16],
    ) -> Self {
        let sql = "SELECT id FROM voters WHERE election_id = $1 AND email = $2";
        let row = superuser.query_one(sql, &[&election, &address]).await.unwrap();
        let hash = Token::parse(code).unwrap().hash();
        Self { address, id: row.get("id"), code: code.to_owned(), hash, nonce }
    }

    /// Code and nonce in every form in which they might be written.
    fn spellings(&self) -> Vec<Vec<u8>> {
        let token = URL_SAFE_NO_PAD.decode(&self.code).unwrap();
        let texts = [
            self.code.clone(),
            hex::encode(&token),
            hex::encode(self.nonce),
            URL_SAFE_NO_PAD.encode(self.nonce),
            STANDARD.encode(self.nonce),
        ];
        texts.into_iter().map(String::into_bytes).chain([token, self.nonce.to_vec()]).collect()
    }

    /// The voter's names in the database.
    fn names(&self) -> [Vec<u8>; 3] {
        [self.id.to_string(), hex::encode(self.id), hex::encode(self.hash)].map(String::into_bytes)
    }
}

/// Whether bytes hold other bytes.
pub fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    memmem::find(haystack, needle).is_some()
}

/// Every table with all its rows, as text.
pub async fn dump(superuser: &Client) -> Vec<(String, String)> {
    let sql = "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'";
    let mut dump = Vec::new();
    for table in superuser.query(sql, &[]).await.unwrap() {
        let name: String = table.get("name");
        let sql = format!("SELECT t::text AS row FROM public.{name} t");
        let rows = superuser.query(&sql, &[]).await.unwrap();
        let rows: Vec<String> = rows.iter().map(|row| row.get("row")).collect();
        dump.push((name, rows.join("\n")));
    }
    dump
}

/// What a dump tells of these voters, or of a choice for one of these candidates.
pub fn told_by_dump(dump: &[(String, String)], secrets: &[Secret], candidates: &[&str]) -> Vec<String> {
    let mut told = Vec::new();
    for (table, rows) in dump {
        let rows = rows.as_bytes();
        for secret in secrets {
            if secret.spellings().iter().any(|spelling| contains(rows, spelling)) {
                told.push(format!("{table} holds a code or a nonce"));
            }
            if table == "ballots" && secret.names().iter().any(|name| contains(rows, name)) {
                told.push("a ballot names its voter".to_owned());
            }
        }
        if table == "ballots" && candidates.iter().any(|candidate| shows(rows, candidate)) {
            told.push("a ballot shows a choice".to_owned());
        }
    }
    let ballots = dump.iter().find(|(table, _)| table == "ballots");
    if ballots.is_none_or(|(_, rows)| rows.is_empty()) {
        told.push("the dump holds no ballot, so the search has found nothing".to_owned());
    }
    told
}

/// Whether rows show the id of a candidate, as a value of its own or inside of bytes, which a dump
/// writes as hex digits.
fn shows(rows: &[u8], candidate: &str) -> bool {
    let id: Uuid = candidate.parse().unwrap();
    [candidate.to_owned(), hex::encode(candidate), hex::encode(id)]
        .iter()
        .any(|spelling| contains(rows, spelling.as_bytes()))
}

/// The files of PostgreSQL that hold what is in its tables, and the write-ahead log.
pub fn files(data: &Path) -> Vec<PathBuf> {
    let within = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
    let databases = within(data.join("base")).flat_map(within);
    within(data.join("pg_wal")).chain(databases).filter(|path| path.is_file()).collect()
}

/// What these files tell of these voters' codes and nonces. A checkpoint has to be behind.
pub fn told_by_files(files: &[PathBuf], secrets: &[Secret]) -> Vec<String> {
    let (mut told, mut has_hash) = (Vec::new(), false);
    for file in files {
        // The server removes files meanwhile.
        let Ok(bytes) = fs::read(file) else { continue };
        has_hash |= secrets.iter().any(|secret| contains(&bytes, &secret.hash));
        let spelled = |secret: &Secret| secret.spellings().iter().any(|spelling| contains(&bytes, spelling));
        if secrets.iter().any(spelled) {
            told.push(format!("{} holds a code or a nonce", file.display()));
        }
    }
    if !has_hash {
        told.push("the files hold no hash of a code, so the search has found nothing".to_owned());
    }
    told
}

/// What a log tells of these voters; nor may it say when anybody voted.
pub fn told_by_log(log: &[u8], secrets: &[Secret]) -> Vec<String> {
    let mut told = Vec::new();
    if contains(log, b"/votes") {
        told.push("the log has a line for a vote, which tells its time".to_owned());
    }
    for secret in secrets {
        let names = secret.spellings().into_iter().chain(secret.names());
        if names.chain([secret.address.clone().into_bytes()]).any(|name| contains(log, &name)) {
            told.push("the log names a voter".to_owned());
        }
    }
    told
}
