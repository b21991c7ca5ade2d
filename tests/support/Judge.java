import java.io.BufferedReader;
import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * The third judge: the JDK's own XML signature verifier, with secure validation.
 *
 * Reads lines "FILE, tab, CERTIFICATE" and answers each with one line: "valid", "invalid" or "error: why". The key is
 * that of the given certificate, never one from the file. Run as a source file: java Judge.java
 */
final class Judge {
    private static final XMLSignatureFactory SIGNATURES = XMLSignatureFactory.getInstance("DOM");

    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] names = line.split("\t");
            System.out.println(judge(new File(names[0]), new File(names[1])));
        }
    }

    private static String judge(File file, File certificate) {
        try {
            Document document = parse(file);
            NodeList found = document.getElementsByTagNameNS(XMLSignature.XMLNS, "Signature");
            if (found.getLength() != 1) {
                return "error: " + found.getLength() + " signatures";
            }
            DOMValidateContext context = new DOMValidateContext(keyOf(certificate), found.item(0));
            context.setProperty("org.jcp.xml.dsig.secureValidation", Boolean.TRUE);
            return SIGNATURES.unmarshalXMLSignature(context).validate(context) ? "valid" : "invalid";
        } catch (Exception error) {
            return "error: " + error.toString().replace('\n', ' ');
        }
    }

    private static Document parse(File file) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        DocumentBuilder builder = factory.newDocumentBuilder();
        builder.setErrorHandler(null);
        Document document = builder.parse(file);
        NodeList all = document.getElementsByTagName("*");
        for (int n = 0; n < all.getLength(); n++) {
            Element element = (Element) all.item(n);
            if (element.hasAttribute("Id")) {
                element.setIdAttribute("Id", true);
            }
        }
        return document;
    }

    private static PublicKey keyOf(File certificate) throws Exception {
        try (InputStream stream = new FileInputStream(certificate)) {
            return CertificateFactory.getInstance("X.509").generateCertificate(stream).getPublicKey();
        }
    }
}
