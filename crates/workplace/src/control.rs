use std::fs;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::Value;
use utpost_dispatch::Code;
use utpost_practice::{Endpoints, MailboxLetter, MessageEnd, PrintOrder};
use uuid::Uuid;

use crate::Failure;

/// The control interface of one running practice environment: what citizen, print shop and tests
/// do. Any number of threads may use it.
pub struct Control {
    client: Client,
    base: String,
    token: String,
}

impl Control {
    /// Trusts that instance's own root and nothing else.
    ///
    /// # Errors
    /// [`Code::Practice`].
    pub fn of(endpoints: &Endpoints) -> Result<Self, Failure> {
        let pem = fs::read(&endpoints.ca_file).map_err(failure)?;
        let root = reqwest::Certificate::from_pem(&pem).map_err(failure)?;
        let client = Client::builder()
            .https_only(true)
            .no_proxy()
            .tls_certs_only([root])
            .timeout(Duration::from_secs(30))
            .build()
            .map_err(failure)?;
        Ok(Self {
            client,
            base: format!("{}/practice", endpoints.base_url),
            token: endpoints.control_token.clone(),
        })
    }

    /// Letters in mailboxes, the newest first.
    ///
    /// # Errors
    /// [`Code::Practice`].
    pub fn mailboxes(&self) -> Result<Vec<MailboxLetter>, Failure> {
        self.get("mailboxes")?.json().map_err(failure)
    }

    /// Print orders, the newest first.
    ///
    /// # Errors
    /// [`Code::Practice`].
    pub fn prints(&self) -> Result<Vec<PrintOrder>, Failure> {
        self.get("print")?.json().map_err(failure)
    }

    /// Every message that was offered, and how it must end.
    ///
    /// # Errors
    /// [`Code::Practice`].
    pub fn messages(&self) -> Result<Vec<MessageEnd>, Failure> {
        self.get("messages")?.json().map_err(failure)
    }

    /// The bytes of a delivered letter's document, the main document being 0.
    ///
    /// # Errors
    /// [`Code::PracticeLetter`] for one that is not there, else [`Code::Practice`].
    pub fn document(&self, message: Uuid, number: usize) -> Result<Vec<u8>, Failure> {
        let answer = self.get(&format!("documents/{message}/{number}"))?;
        Ok(answer.bytes().map_err(failure)?.into())
    }

    /// The citizen opens the letter.
    ///
    /// # Errors
    /// [`Code::PracticeLetter`] for a letter that is not there, else [`Code::Practice`].
    pub fn open(&self, message: Uuid) -> Result<(), Failure> {
        self.post(&format!("mailboxes/{message}/open"), None)?;
        Ok(())
    }

    /// The print shop hands the letter to the post.
    ///
    /// # Errors
    /// As [`Control::open`].
    pub fn posted(&self, message: Uuid) -> Result<(), Failure> {
        self.post(&format!("print/{message}/posted"), None)?;
        Ok(())
    }

    /// The posted letter comes back.
    ///
    /// # Errors
    /// As [`Control::open`], also for a letter that is not posted yet.
    pub fn returned(&self, message: Uuid) -> Result<(), Failure> {
        self.post(&format!("print/{message}/returned"), None)?;
        Ok(())
    }

    /// What lies there.
    ///
    /// # Errors
    /// [`Code::PracticeLetter`] for a letter that is not there or not that far,
    /// [`Code::PracticeOrder`] for an order that is not understood, else [`Code::Practice`].
    pub fn list(&self, path: &str) -> Result<Value, Failure> {
        self.get(path)?.json().map_err(failure)
    }

    /// Does something.
    ///
    /// # Errors
    /// As [`Control::list`].
    pub fn post(&self, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let request = self.client.post(format!("{}/{path}", self.base));
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        self.answer(request)?.json().map_err(failure)
    }

    /// Takes something away.
    ///
    /// # Errors
    /// As [`Control::list`].
    pub fn delete(&self, path: &str) -> Result<Value, Failure> {
        let request = self.client.delete(format!("{}/{path}", self.base));
        self.answer(request)?.json().map_err(failure)
    }

    fn get(&self, path: &str) -> Result<Response, Failure> {
        self.answer(self.client.get(format!("{}/{path}", self.base)))
    }

    fn answer(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let answer = request.bearer_auth(&self.token).send().map_err(failure)?;
        let code = match answer.status() {
            status if status.is_success() => return Ok(answer),
            StatusCode::NOT_FOUND | StatusCode::CONFLICT => Code::PracticeLetter,
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Code::PracticeOrder,
            _ => Code::Practice,
        };
        let status = answer.status();
        // A problem says why; what axum itself refuses is plain text.
        let said = answer.text().unwrap_or_default();
        let problem: Value = serde_json::from_str(&said).unwrap_or_default();
        let why = problem["detail"].as_str().unwrap_or(&said);
        Err(Failure::detailed(code, format!("{status} {why}")))
    }
}

fn failure(fault: impl std::fmt::Display) -> Failure {
    Failure::detailed(Code::Practice, fault)
}
