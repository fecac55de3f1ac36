mod diagnostics;
mod fixture;
mod preview;
mod run;
mod secrets;
mod world;
