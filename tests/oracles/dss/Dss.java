import eu.europa.esig.dss.diagnostic.DiagnosticData;
import eu.europa.esig.dss.diagnostic.SignatureWrapper;
import eu.europa.esig.dss.diagnostic.jaxb.XmlDigestMatcher;
import eu.europa.esig.dss.enumerations.ASiCContainerType;
import eu.europa.esig.dss.enumerations.DigestMatcherType;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;
import java.io.File;
import java.util.ArrayList;
import java.util.List;

/**
 * Judges one ASiC-E container: {@code java Dss ROOT.pem CONTAINER}. Ends with 1 and says why unless
 * it holds exactly one intact XAdES signature by a certificate that chains to ROOT and that covers
 * every document. Nothing is fetched, and revocation is not asked for: the practice authority
 * publishes none.
 */
public final class Dss {
    public static void main(String[] arguments) {
        var trusted = new CommonTrustedCertificateSource();
        trusted.addCertificate(DSSUtils.loadCertificate(new File(arguments[0])));
        var verifier = new CommonCertificateVerifier();
        verifier.setTrustedCertSources(trusted);
        verifier.setAIASource(null);

        var validator = SignedDocumentValidator.fromDocument(new FileDocument(arguments[1]));
        validator.setCertificateVerifier(verifier);
        Reports reports = validator.validateDocument();
        DiagnosticData data = reports.getDiagnosticData();

        List<String> faults = new ArrayList<>();
        if (data.getContainerType() != ASiCContainerType.ASiC_E) {
            faults.add("container type " + data.getContainerType());
        }
        List<SignatureWrapper> signatures = data.getSignatures();
        if (signatures.size() != 1) {
            faults.add(signatures.size() + " signatures");
        }
        for (SignatureWrapper signature : signatures) {
            if (!signature.isStructuralValidationValid()) {
                faults.add("structure: " + signature.getStructuralValidationMessages());
            }
            if (!signature.isSignatureIntact() || !signature.isSignatureValid()) {
                faults.add("signature value");
            }
            if (!signature.isTrustedChain()) {
                faults.add("no path to the trusted root");
            }
            int documents = 0;
            for (XmlDigestMatcher matcher : signature.getDigestMatchers()) {
                if (!matcher.isDataFound() || !matcher.isDataIntact()) {
                    faults.add("reference " + matcher.getUri() + " " + matcher.getDocumentName());
                }
                if (matcher.getType() == DigestMatcherType.REFERENCE) {
                    documents++;
                    // DSS is content when any document has the digest; the name must fit as well.
                    if (!matcher.getUri().equals(matcher.getDocumentName())) {
                        faults.add("reference " + matcher.getUri() + " names another document");
                    }
                }
            }
            // Every entry but the signature itself and the type of the container.
            long expected = data.getContainerInfo().getContentFiles().size();
            if (documents < expected) {
                faults.add(documents + " of " + expected + " documents covered");
            }
            System.out.println("format " + signature.getSignatureFormat() + ", " + documents
                    + " documents, " + reports.getSimpleReport().getIndication(signature.getId())
                    + " " + reports.getSimpleReport().getSubIndication(signature.getId()));
        }
        if (!faults.isEmpty()) {
            System.err.println(String.join("; ", faults));
            System.exit(1);
        }
    }
}
