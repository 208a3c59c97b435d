//! Talks to the control interface of a running practice environment.

use std::fs;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::blocking::{Client, RequestBuilder};
use serde_json::Value;
use utpost_dispatch::Code;
use utpost_practice::Endpoints;

use crate::failure::Failure;

/// The control interface of one instance.
pub(crate) struct Control {
    client: Client,
    base: String,
    token: String,
}

impl Control {
    /// Trusts that instance's own root and nothing else.
    pub(crate) fn of(endpoints: &Endpoints) -> Result<Self, Failure> {
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

    pub(crate) fn list(&self, path: &str) -> Result<Value, Failure> {
        self.answer(self.client.get(format!("{}/{path}", self.base)))
    }

    pub(crate) fn post(&self, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let request = self.client.post(format!("{}/{path}", self.base));
        self.answer(match body {
            Some(body) => request.json(body),
            None => request,
        })
    }

    pub(crate) fn delete(&self, path: &str) -> Result<Value, Failure> {
        self.answer(self.client.delete(format!("{}/{path}", self.base)))
    }

    fn answer(&self, request: RequestBuilder) -> Result<Value, Failure> {
        let answer = request.bearer_auth(&self.token).send().map_err(failure)?;
        let code = match answer.status() {
            status if status.is_success() => return answer.json().map_err(failure),
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
