//! Registries of images.

use plan::Output;

use super::Driver;
use crate::infra::{Infra, RegistryAccess};

use RegistryAccess::{Reader, Writer};

/// Registry, key, group, access.
const GRANTS: [(&str, &str, &str, RegistryAccess); 10] = [
    ("images", "images-reader-in-container-registry", "images-reader", Reader),
    ("images", "test-full-reader-in-container-registry", "test-full", Reader),
    ("images", "images-dev-reader-in-container-registry", "images-dev-reader", Reader),
    ("images", "images-writer-in-container-registry", "images-writer", Writer),
    ("images-dev", "test-full-reader-in-dev-container-registry", "test-full", Reader),
    ("images-dev", "analysis-writer-in-dev-container-registry", "analysis", Writer),
    ("images-dev", "images-dev-reader-in-dev-container-registry", "images-dev-reader", Reader),
    ("images-dev", "images-dev-writer-in-dev-container-registry", "images-dev-writer", Writer),
    ("images-tmp", "images-dev-reader-in-tmp-container-registry", "images-dev-reader", Reader),
    ("images-tmp", "images-dev-writer-in-tmp-container-registry", "images-dev-writer", Writer),
];

impl Driver<'_> {
    pub(super) fn container_registry(&self) {
        for (holder, key, member) in [
            ("images-writer", "standard-in-images-writer-group-member", "standard"),
            ("images-writer", "full-in-images-writer-group-member", "full"),
            // Test programs push images of their own, and read what they pushed.
            ("images-dev-writer", "test-in-images-writer-group-member", "test"),
            ("images-dev-writer", "test-full-in-images-writer-group-member", "test-full"),
            ("images-dev-reader", "test-in-images-dev-reader-group-member", "test"),
        ] {
            self.within(holder, key, member);
        }
        for name in ["analysis", "standard", "full"].into_iter().chain(self.test("test")) {
            self.within("images-reader", &format!("{name}-in-images-reader-group-member"), name);
        }
        if self.dataset.options.create_container_registry {
            self.registries();
        }
    }

    fn registries(&self) {
        for name in ["images", "images-dev", "images-tmp"] {
            let registry = self.infra().create_container_registry(name);
            for (_, key, group, access) in GRANTS.into_iter().filter(|(of, ..)| *of == name) {
                self.infra().add_member_to_container_registry(key, &registry.name, &self.group(group), access);
            }
        }
        let infrastructure = &self.site.configuration.infrastructure;
        let (Some(runner), Some(gcp)) = (&infrastructure.analysis_runner, &infrastructure.gcp) else { return };
        if let Some(on) = self.gcp().filter(|_| self.dataset.name == self.site.common()) {
            let (project, name) = (&runner.gcp.project, &runner.gcp.container_registry_name);
            // The runner's registry is where the centre is, wherever the dataset is.
            let registry = format!("projects/{project}/locations/{}/repositories/{name}", gcp.region);
            let (key, readers) = ("images-reader-in-analysis-runner", self.group("images-reader"));
            on.add_member_to_container_registry(key, &Output::known(registry), &readers, Reader);
        }
    }
}
