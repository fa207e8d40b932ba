//! Cuts out of messages what must not be seen (C10.3, C10.5).

/// Longest message kept, in bytes: a server may say anything.
const MESSAGE_LENGTH_MAX: usize = 300;

/// `message` on one line, without any of `hidden`, each of which is replaced by its name.
pub(crate) fn cut(message: &str, hidden: &[(&str, &str)]) -> String {
    let mut message = message.to_owned();
    for (secret, name) in hidden.iter().filter(|(secret, _)| !secret.is_empty()) {
        message = message.replace(secret, name);
    }
    let mut line = String::new();
    for word in message.split(|c: char| c.is_control() || c == ' ').filter(|it| !it.is_empty()) {
        if line.len() + word.len() > MESSAGE_LENGTH_MAX {
            line.push_str(" …");
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c10_3_what_is_hidden_is_named_and_the_rest_is_one_short_line() {
        let hidden = [("hunter2", "<password>"), ("", "<nothing>"), ("anna@x.example", "anna")];
        assert_eq!(
            cut("550 5.1.1\r\n <anna@x.example>:  hunter2 is\u{7} wrong", &hidden),
            "550 5.1.1 <anna>: <password> is wrong"
        );
        assert!(cut(&"word ".repeat(1000), &hidden).len() < MESSAGE_LENGTH_MAX + 10);
    }
}
