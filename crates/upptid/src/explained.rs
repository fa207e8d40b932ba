//! The requests and answers of one attempt, as `upptid try --explain` shows them.

use std::fmt::Write;

use probe::exchange::{Exchange, Message};

/// Columns of a body's line.
const BODY_COLUMNS: usize = 100;

/// Each request (`>`) and its answer (`<`), ending with a newline.
pub fn render(exchanges: &[Exchange]) -> String {
    let mut text = String::new();
    for (at, exchange) in exchanges.iter().enumerate() {
        let _ = writeln!(text, "\n  {}. {}", at + 1, exchange.step);
        write_message(&mut text, '>', &exchange.request);
        match &exchange.answer {
            Some(answer) => write_message(&mut text, '<', answer),
            None => text.push_str("  < no answer\n"),
        }
    }
    text
}

fn write_message(text: &mut String, side: char, message: &Message) {
    // Some servers speak before they are asked.
    if !message.line.is_empty() {
        let _ = writeln!(text, "  {side} {}", message.line);
    }
    for (name, value) in &message.headers {
        let _ = writeln!(text, "  {side}   {name}: {value}");
    }
    for line in message.body.trim().lines() {
        let line: Vec<char> = line.chars().collect();
        for part in line.chunks(BODY_COLUMNS) {
            let _ = writeln!(text, "  {side}     {}", part.iter().collect::<String>());
        }
    }
}
