//! What a form says, and what is wrong with it: a refused form comes back filled in.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, web};
use uvote_domain::refusal::FieldError;

use super::reader::Reader;
use crate::http::error::{Answer, Problem};

/// The fields of a form in the order of the page; a name may come several times.
#[derive(Debug, Clone, Default)]
pub struct Form {
    values: Vec<(String, String)>,
    errors: Vec<FieldError>,
}

impl Form {
    /// A form that shows what is there already.
    pub fn filled<'a>(values: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { values, errors: Vec::new() }
    }

    /// The text of a field; empty when it is missing.
    pub fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The text of a field, if there is any.
    pub fn text(&self, name: &str) -> Option<String> {
        Some(self.value(name)).filter(|value| !value.trim().is_empty()).map(str::to_owned)
    }

    /// Whether a field has this value, among others.
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.values.iter().any(|(key, found)| key == name && found == value)
    }

    /// All fields in their order.
    pub fn values(&self) -> &[(String, String)] {
        &self.values
    }

    /// What is wrong, to be listed above the form.
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// What is wrong with a field, in the reader's words.
    pub fn wrong(&self, reader: &Reader, name: &str) -> Option<String> {
        self.errors.iter().find(|error| error.field == name).map(|error| reader.fault(error))
    }

    /// Whether this field is the first that is wrong, and so takes the focus.
    pub fn is_first_wrong(&self, name: &str) -> bool {
        self.errors.first().is_some_and(|error| error.field == name)
    }

    /// Notes something wrong with a field.
    pub fn refuse(&mut self, error: FieldError) {
        self.errors.push(error);
    }

    /// The form with what the problem says about its fields.
    ///
    /// # Errors
    /// A problem that is not about fields.
    pub fn refused(mut self, problem: Problem) -> Answer<Self> {
        if problem.status() != StatusCode::UNPROCESSABLE_ENTITY || problem.errors().is_empty() {
            return Err(problem);
        }
        self.errors = problem.errors().to_vec();
        Ok(self)
    }
}

impl FromRequest for Form {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let read = web::Form::<Vec<(String, String)>>::from_request(request, payload);
        Box::pin(async move {
            let values = read.await?.into_inner();
            Ok(Self { values, errors: Vec::new() })
        })
    }
}
