//! The root certificate authority, which signs its own certificate.

use infrastructure_aws_private_ca_outputs as out;
use ol::{BusinessUnit, Tags};
use plan::prelude::*;
use types_aws_acmpca as acmpca;
use types_aws_acmpca::certificate::Validity;
use types_aws_acmpca::certificate_authority::Subject;

/// How the authority signs.
const SIGNING: &str = "SHA512WITHRSA";

/// For how many years its certificate holds; nothing renews it.
const YEARS: f64 = 10.0;

/// The project.
pub fn project() -> Project {
    Project::new("infrastructure.aws.private_ca", plan)
}

/// The authority, its certificate, and the switch that turns it on.
///
/// # Errors
/// None: the signature is that of every project.
pub fn plan(stack: &Stack, (): ()) -> Result<Plan<out::Outputs>> {
    let mut plan = stack.plan();
    let authority = acmpca::CertificateAuthority::new("mitol-root-certificate-authority")
        .type_("ROOT")
        .key_algorithm("RSA_4096")
        .signing_algorithm(SIGNING)
        .subject(
            Subject::new()
                .country("US")
                .state("Massachusetts")
                .locality("Cambridge")
                .organization("Massachusetts Institute of Technology")
                .organizational_unit("Open Learning")
                .common_name("ca.odl.mit.edu"),
        )
        .tags(Tags::new(BusinessUnit::Operations, "global"))
        .protect()
        .declare(&mut plan);
    let signed = acmpca::Certificate::new("mitol-root-certificate-authority-signed-certificate")
        .certificate_authority_arn(authority.arn())
        .certificate_signing_request(authority.certificate_signing_request())
        .signing_algorithm(SIGNING)
        .template_arn("arn:aws:acm-pca:::template/RootCACertificate/V1")
        .validity(Validity::new().type_("YEARS").value(YEARS))
        .declare(&mut plan);
    let active = acmpca::CertificateAuthorityActivation::new("mitol-root-certificate-authority-certificate-assignment")
        .certificate_authority_arn(authority.arn())
        .certificate(signed.certificate())
        .status("ACTIVE")
        .declare(&mut plan);
    // What the activation says, so that whoever reads it waits until the authority can sign.
    plan.finish(out::Outputs {
        root_ca: out::RootCa {
            arn: active.certificate_authority_arn(),
            certificate: active.complete_certificate_chain(),
        },
    })
}
