//! The parts of the chat: who meets, what may be typed, what was said, how it looks.

mod command;
mod line;
mod meeting;
mod room;
mod screen;

pub(crate) use command::Command;
pub(crate) use line::Line;
pub(crate) use meeting::Meeting;
pub(crate) use room::Room;
pub(crate) use screen::draw;
