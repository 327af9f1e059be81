//! A browser that does as it is told: it opens a page, answers it, and goes where it is sent.
#![allow(dead_code)] // used in part by each test

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// What a page answered.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) text: String,
}

/// Opens a page of a server on this machine.
pub(crate) fn get(url: &str) -> Page {
    send("GET", url, "")
}

/// Posts a form to it.
pub(crate) fn post(url: &str, form: &str) -> Page {
    send("POST", url, form)
}

/// Looks at the sign-in page, answers it, and gives the address the browser is sent back to.
pub(crate) fn answer(page: &str, form: &str) -> String {
    assert_eq!(get(page).status, 200, "{page}");
    let answered = post(page, form);
    assert_eq!(answered.status, 303, "{}", answered.text);
    answered.location.unwrap()
}

fn send(method: &str, url: &str, form: &str) -> Page {
    let (host, target) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let length = form.len();
    write!(
        stream,
        "{method} /{target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{form}"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    let location = text.lines().find_map(|line| line.strip_prefix("location: "));
    Page { status, location: location.map(str::to_owned), text }
}
