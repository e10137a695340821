//! Stands between the service and PostgreSQL, and breaks a connection at the worst moment.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::{io, mem};

use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use super::cluster::cluster;

const SOCKET: &str = ".s.PGSQL.5432";
static NEXT: AtomicU32 = AtomicU32::new(1);

/// Where a casting transaction loses its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// PostgreSQL never sees the commit.
    BeforeCommit,
    /// PostgreSQL has committed, and the service never hears of it.
    AfterCommit,
}

/// A listening proxy, in the form of a socket directory.
pub struct Proxy {
    directory: PathBuf,
    armed: Arc<Mutex<Option<Cut>>>,
}

impl Proxy {
    pub fn start() -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let directory = cluster().directory.join(format!("proxy-{number}"));
        std::fs::create_dir_all(&directory).unwrap();
        let listener = UnixListener::bind(directory.join(SOCKET)).unwrap();
        let armed = Arc::new(Mutex::new(None));
        actix_web::rt::spawn(serve(listener, Arc::clone(&armed)));
        Self { directory, armed }
    }

    /// How to reach a database through the proxy, as its owner.
    pub fn url(&self, database: &str) -> SecretString {
        format!("host='{}' port=5432 user=uvote_owner dbname={database}", self.directory.display()).into()
    }

    /// The next commit of a casting transaction is the last word on its connection.
    pub fn arm(&self, cut: Cut) {
        *self.armed.lock().unwrap() = Some(cut);
    }

    /// Whether the cut that was asked for has been made.
    pub fn has_cut(&self) -> bool {
        self.armed.lock().unwrap().is_none()
    }
}

async fn serve(listener: UnixListener, armed: Arc<Mutex<Option<Cut>>>) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let server = UnixStream::connect(format!("{}/{SOCKET}", cluster().host())).await.unwrap();
        let armed = Arc::clone(&armed);
        let line = Line { client, server, begun: false, inserts: None, casts: false, armed };
        // A broken line is what this is for.
        actix_web::rt::spawn(async move { drop(line.carry().await) });
    }
}

/// One connection on its way through.
struct Line {
    client: UnixStream,
    server: UnixStream,
    /// Whether the startup message, which has no type, is through.
    begun: bool,
    /// What the connection calls the statement that inserts ballots.
    inserts: Option<Vec<u8>>,
    /// Whether the transaction that is under way inserts ballots.
    casts: bool,
    armed: Arc<Mutex<Option<Cut>>>,
}

impl Line {
    async fn carry(mut self) -> io::Result<()> {
        let (mut asked, mut answered) = (Vec::new(), Vec::new());
        loop {
            let read = tokio::select! {
                read = self.client.read_buf(&mut asked) => read?,
                read = self.server.read_buf(&mut answered) => read?,
            };
            if read == 0 {
                return Ok(());
            }
            self.client.write_all(&answered).await?;
            answered.clear();
            while let Some(message) = self.next_message(&mut asked) {
                match self.cut_at(&message) {
                    None => self.server.write_all(&message).await?,
                    Some(Cut::BeforeCommit) => return Ok(()),
                    Some(Cut::AfterCommit) => return self.commit_unheard(&message).await,
                }
            }
        }
    }

    /// Takes a whole message of the frontend, if one is there.
    fn next_message(&mut self, asked: &mut Vec<u8>) -> Option<Vec<u8>> {
        let kind = usize::from(self.begun);
        let length = u32::from_be_bytes(asked.get(kind..kind + 4)?.try_into().unwrap());
        let end = kind + length as usize;
        if asked.len() < end {
            return None;
        }
        self.begun = true;
        Some(asked.drain(..end).collect())
    }

    /// Preparing and using a statement are apart, and a batch whose head is held elsewhere commits nothing.
    fn cut_at(&mut self, message: &[u8]) -> Option<Cut> {
        let mut words = message[5..].split(|byte| *byte == 0);
        match message[0] {
            b'P' if contains(message, b"INSERT INTO ballots") => self.inserts = words.next().map(Vec::from),
            b'B' => self.casts |= self.inserts.as_deref().is_some_and(|name| words.nth(1) == Some(name)),
            b'Q' if contains(message, b"COMMIT") && mem::take(&mut self.casts) => {
                return self.armed.lock().unwrap().take();
            }
            _ => {}
        }
        None
    }

    async fn commit_unheard(mut self, commit: &[u8]) -> io::Result<()> {
        self.server.write_all(commit).await?;
        let mut unheard = Vec::new();
        while !contains(&unheard, b"C\0\0\0\x0bCOMMIT\0") {
            if self.server.read_buf(&mut unheard).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }
}

fn contains(text: &[u8], wanted: &[u8]) -> bool {
    text.windows(wanted.len()).any(|window| window == wanted)
}
