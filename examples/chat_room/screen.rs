//! How it looks.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position};
use ratatui::style::{Color, Style, Stylize as _};
use ratatui::text::{Line as Row, Span};
use ratatui::widgets::{Block, Paragraph, Wrap};

use super::command::HELP;
use super::meeting::name_of;
use super::{Line, Room};

pub(crate) fn draw(frame: &mut Frame<'_>, room: &Room, input: &str) {
    let rows = Layout::vertical([
        Constraint::Length(4),
        Constraint::Min(3),
        Constraint::Length(3),
        Constraint::Length(3),
    ]);
    let [head, body, prompt, foot] = rows.areas(frame.area());

    let verified = if room.is_verified { "verified".green() } else { "not verified".yellow() };
    let facts = vec![
        Row::from(format!("safety number {}", room.safety_number)),
        Row::from(room.key.as_str()).dim(),
    ];
    let title =
        Row::from(vec![format!(" sealpost: {}, ", room.title()).into(), verified, " ".into()]);
    frame.render_widget(Paragraph::new(facts).block(Block::bordered().title(title)), head);

    let said: Vec<Row<'_>> = room.lines.iter().flat_map(|line| rows_of(room, line)).collect();
    let hidden = said.len().saturating_sub(body.height.into());
    let said = Paragraph::new(said).wrap(Wrap { trim: false });
    frame.render_widget(said.scroll((u16::try_from(hidden).unwrap_or(u16::MAX), 0)), body);

    frame.render_widget(Paragraph::new(input).block(Block::bordered()), prompt);
    let typed = u16::try_from(Span::from(input).width()).unwrap_or(0);
    frame.set_cursor_position(Position::new(prompt.x + 1 + typed, prompt.y + 1));
    let foot_rows = vec![Row::from(room.status.as_str()), Row::from(HELP).dim()];
    frame.render_widget(Paragraph::new(foot_rows).wrap(Wrap { trim: false }), foot);
}

fn rows_of<'a>(room: &Room, line: &'a Line) -> Vec<Row<'a>> {
    let name = name_of(line.message.sender());
    let color = if room.is_mine(line) { Color::Cyan } else { Color::Magenta };
    let mut row = vec![Span::styled(format!("{name:>6} "), Style::new().fg(color).bold())];
    if line.deleted {
        row.push(Span::from("(deleted)").dim());
        return vec![Row::from(row)];
    }
    row.push(Span::from(line.text.as_str()));
    if let Some(media) = line.media() {
        let size = media.file_size().unwrap_or_default();
        row.push(format!("[{}, {size} bytes]", media.file_name().unwrap_or("file")).light_blue());
    }
    if line.edited {
        row.push(" (edited)".dim());
    }
    for (emoji, by) in &line.reactions {
        row.push(format!("  {emoji} {}", name_of(*by)).yellow());
    }
    let quote = line.quote.as_deref().map(|quote| Row::from(format!("       > {quote}")).dim());
    quote.into_iter().chain([Row::from(row)]).collect()
}
