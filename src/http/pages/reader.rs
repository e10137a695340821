//! Who reads a page: in which language, and signed in or not.

use std::future::{Future, Ready, ready};
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use url::form_urlencoded;
use uvote_domain::fault::Fault;
use uvote_domain::refusal::FieldError;

use super::assets;
use super::faults;
use crate::auth::SESSION_COOKIE;
use crate::http::Uvote;
use crate::http::error::Problem;
use crate::http::request::preferred_language;
use crate::http::sign_in::SignedIn;
use crate::language::{Language, Phrase};
use crate::store::sessions;

/// Remembers a language that was chosen by a link. Voters' pages neither set nor need it.
pub const LANGUAGE_COOKIE: &str = "__Host-uvote-language";

/// What a page knows of its reader.
#[derive(Debug, Clone)]
pub struct Reader {
    /// The language to write in.
    pub language: Language,
    /// Where a link to another language leads.
    pub path: String,
    /// The address of the account, on an organiser's pages.
    pub email: Option<String>,
    /// Whether the browser holds a session, good or not.
    pub has_session: bool,
    /// Whether the address names the language, so that the next one has to.
    chosen: bool,
    /// What was done by the form before, to be told once.
    done: Option<String>,
}

impl Reader {
    /// The reader of a request.
    pub fn of(request: &HttpRequest) -> Self {
        let asked = query(request, "lang").and_then(|code| Language::of(&code));
        Self {
            chosen: asked.is_some(),
            language: asked.or_else(|| remembered(request)).unwrap_or_else(|| preferred_language(request)),
            path: request.path().to_owned(),
            email: None,
            has_session: request.cookie(SESSION_COOKIE).is_some(),
            done: query(request, "done"),
        }
    }

    /// A message of the catalogue.
    pub fn say<'a>(&'a self, id: &'a str) -> Phrase<'a> {
        self.language.say(id)
    }

    /// What is wrong with a field, in words.
    pub fn fault(&self, error: &FieldError) -> String {
        self.fault_words(&error.fault)
    }

    /// What is wrong, in words.
    pub fn fault_words(&self, fault: &Fault) -> String {
        let (id, arguments) = faults::phrase(fault);
        let mut phrase = self.say(id);
        for (name, value) in arguments {
            phrase = match value.parse::<i64>() {
                Ok(number) if number.to_string() == value => phrase.count(name, number),
                _ => phrase.with(name, value),
            };
        }
        phrase.to_string()
    }

    /// What a problem means, in words.
    pub fn problem(&self, problem: &Problem) -> String {
        self.say(faults::refusal(problem.code())).to_string()
    }

    /// Whether the address names the language.
    pub const fn has_chosen_language(&self) -> bool {
        self.chosen
    }

    /// An address of this service in the language that the reader has chosen.
    pub fn to(&self, path: &str) -> String {
        if self.chosen { format!("{path}?lang={}", self.language.code()) } else { path.to_owned() }
    }

    /// The languages that this page could also be in, with their links.
    pub fn other_languages(&self) -> Vec<(Language, String)> {
        let others = Language::all().into_iter().filter(|language| *language != self.language);
        others.map(|language| (language.clone(), format!("{}?lang={}", self.path, language.code()))).collect()
    }

    /// What the form before has done, where the catalogue has words for it.
    pub fn notice(&self) -> Option<String> {
        let done = self.done.as_deref()?;
        let id = format!("done-{done}");
        Some(self.say(&id).to_string()).filter(|text| *text != id)
    }

    /// The address of a style, script or picture.
    pub fn asset(&self, file: &str) -> String {
        assets::address(file)
    }
}

/// A parameter of the address.
pub fn query(request: &HttpRequest, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(request.query_string().as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn remembered(request: &HttpRequest) -> Option<Language> {
    Language::of(request.cookie(LANGUAGE_COOKIE)?.value())
}

impl FromRequest for Reader {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

/// Somebody signed in who reads an organiser's page. Anybody else is sent to sign in.
#[derive(Debug, Clone)]
pub struct Organiser {
    /// The account.
    pub who: SignedIn,
    /// How it reads.
    pub reader: Reader,
}

impl FromRequest for Organiser {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let who = signed_in(&request).await?.ok_or_else(Problem::unauthenticated)?;
            let reader = Reader { email: Some(who.email.clone()), ..Reader::of(&request) };
            Ok(Self { who, reader })
        })
    }
}

/// The account of the browser's session, if it has a living one.
///
/// # Errors
/// As the database.
pub async fn signed_in(request: &HttpRequest) -> Result<Option<SignedIn>, Problem> {
    let Some(cookie) = request.cookie(SESSION_COOKIE) else { return Ok(None) };
    let service =
        request.app_data::<Uvote>().ok_or_else(|| Problem::internal(&"the service is not set up"))?;
    let client = service.database.client().await?;
    let found = sessions::of_cookie(&client, cookie.value()).await?;
    Ok(found.map(|living| SignedIn {
        account: living.account,
        session: living.session,
        email: living.email,
        expires_at: living.expires_at.unix_timestamp(),
    }))
}
