// The other side of scripts/differential.mjs in Rust: dcap-qvl and sev judge one JSON line each and answer with one.
use base64::{engine::general_purpose::STANDARD, Engine};
use dcap_qvl::{quote::Report, verify::verify, QuoteCollateralV3};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sev::certs::snp::{builtin, ca, Certificate, Chain, Verifiable};
use sev::firmware::guest::AttestationReport;
use sev::parser::ByteParser;
use std::io::{stdin, stdout, BufRead, Write};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Question {
    kind: String,
    evidence: String,
    #[serde(default)]
    ek: String,
    #[serde(default)]
    product: String,
    at: u64,
    collateral: Option<Collateral>,
}

/// As Intel's service answers: JSON with a signature, lists as DER. One of the PEM `signers` signed the JSON.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Collateral {
    tcb_info: String,
    qe_identity: String,
    root_crl: String,
    pck_crl: String,
    pck_signers: String,
    signers: String,
    root: String,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Answer {
    ok: bool,
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    measurement: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report_data: Option<String>,
}

type Failure = Box<dyn std::error::Error>;

fn bytes(text: &str) -> Result<Vec<u8>, Failure> {
    Ok(STANDARD.decode(text)?)
}

fn judge_sev(question: &Question) -> Result<Answer, Failure> {
    let report = AttestationReport::from_bytes(&bytes(&question.evidence)?)?;
    let (ark, ask) = match question.product.as_str() {
        "Milan" => (builtin::milan::ark()?, builtin::milan::ask()?),
        "Genoa" => (builtin::genoa::ark()?, builtin::genoa::ask()?),
        "Turin" => (builtin::turin::ark()?, builtin::turin::ask()?),
        other => return Err(format!("no embedded roots for {other}").into()),
    };
    let vek = Certificate::from_der(&bytes(&question.ek)?)?;
    let chain = Chain { ca: ca::Chain { ark, ask }, vek };
    (&chain, &report).verify()?;
    Ok(Answer {
        ok: true,
        measurement: Some(hex::encode(report.measurement)),
        report_data: Some(hex::encode(report.report_data)),
        ..Answer::default()
    })
}

#[derive(Deserialize)]
struct ServedTcbInfo {
    #[serde(rename = "tcbInfo")]
    info: Box<RawValue>,
    signature: String,
}

#[derive(Deserialize)]
struct ServedIdentity {
    #[serde(rename = "enclaveIdentity")]
    identity: Box<RawValue>,
    signature: String,
}

fn judge_dcap(question: &Question) -> Result<Answer, Failure> {
    let given = question.collateral.as_ref().ok_or("no collateral")?;
    let tcb: ServedTcbInfo = serde_json::from_slice(&bytes(&given.tcb_info)?)?;
    let qe: ServedIdentity = serde_json::from_slice(&bytes(&given.qe_identity)?)?;
    let quote = bytes(&question.evidence)?;
    let (root_ca_crl, pck_crl) = (bytes(&given.root_crl)?, bytes(&given.pck_crl)?);
    let (tcb_signature, qe_signature) = (hex::decode(&tcb.signature)?, hex::decode(&qe.signature)?);
    let mut failures = Vec::new();
    let mut verified = None;
    // Each of the signers for each of the two: who signed is not said.
    for signer in given.signers.split_inclusive("-----END CERTIFICATE-----\n") {
        let collateral = QuoteCollateralV3 {
            pck_crl_issuer_chain: given.pck_signers.clone(),
            root_ca_crl: root_ca_crl.clone(),
            pck_crl: pck_crl.clone(),
            tcb_info_issuer_chain: format!("{signer}{}", given.root),
            tcb_info: tcb.info.get().to_owned(),
            tcb_info_signature: tcb_signature.clone(),
            qe_identity_issuer_chain: format!("{signer}{}", given.root),
            qe_identity: qe.identity.get().to_owned(),
            qe_identity_signature: qe_signature.clone(),
            pck_certificate_chain: None,
        };
        match verify(&quote, &collateral, question.at) {
            Ok(report) => verified = Some(report),
            Err(error) => failures.push(format!("{error:#}")),
        }
    }
    // That one of them had expired or did not sign says less than any other failure.
    failures.sort_by_key(|text| if text.contains("CertExpired") { 2 } else { u8::from(text.contains("ignature")) });
    let report = verified.ok_or_else(|| failures.first().cloned().unwrap_or_default())?;
    let (measurement, report_data) = match &report.report {
        Report::SgxEnclave(body) => (hex::encode(body.mr_enclave), hex::encode(body.report_data)),
        other => match other.as_td10() {
            Some(body) => (hex::encode(body.mr_td), hex::encode(body.report_data)),
            None => return Err("a report of another form".into()),
        },
    };
    Ok(Answer { ok: true, measurement: Some(measurement), report_data: Some(report_data), ..Answer::default() })
}

fn judge(line: &str) -> Answer {
    let judged = std::panic::catch_unwind(|| -> Result<Answer, Failure> {
        let question: Question = serde_json::from_str(line)?;
        if question.kind == "sev-snp" { judge_sev(&question) } else { judge_dcap(&question) }
    });
    match judged {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => Answer { error: error.to_string(), ..Answer::default() },
        Err(_) => Answer { error: "panic".into(), ..Answer::default() },
    }
}

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    let mut output = stdout().lock();
    for line in stdin().lock().lines() {
        let answer = judge(&line.expect("a line"));
        writeln!(output, "{}", serde_json::to_string(&answer).expect("an answer")).expect("room");
    }
}
