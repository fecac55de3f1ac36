mod diagnostics;
mod fixture;
mod markdown;
mod preview;
mod run;
mod secrets;
mod world;
