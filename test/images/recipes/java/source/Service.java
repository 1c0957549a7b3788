import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A service over HTTP and HTTPS that looks up its own name and calls itself, trusting what the system trusts. */
public final class Service {
  public static void main(String[] arguments) throws Exception {
    char[] password = "changeit".toCharArray();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream file = Files.newInputStream(Path.of("service.p12"))) {
      keys.load(file, password);
    }
    KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, password);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);

    HttpsServer secure = HttpsServer.create(new InetSocketAddress("127.0.0.1", 8443), 0);
    secure.setHttpsConfigurator(new HttpsConfigurator(context));
    answer(secure, "/", () -> "hello over TLS\n");
    secure.start();
    HttpServer plain = HttpServer.create(new InetSocketAddress("127.0.0.1", 8080), 0);
    answer(plain, "/name", () -> InetAddress.getByName("service.test") + "\n");
    answer(plain, "/call", Service::call);
    answer(plain, "/modules", () -> ModuleLayer.boot().modules().size() + " modules\n");
    plain.setExecutor(Executors.newCachedThreadPool());
    plain.start();
  }

  private static String call() throws IOException {
    try (InputStream body = new URL("https://service.test:8443/").openStream()) {
      return "it says " + new String(body.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static void answer(HttpServer server, String path, Callable<String> text) {
    server.createContext(path, exchange -> {
      int status = 200;
      String answer;
      try {
        answer = text.call();
      } catch (Exception problem) {
        status = 500;
        answer = problem + "\n";
      }
      byte[] body = answer.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
  }
}
