/** Packages of a language as an image holds them: name to versions. */
export type PlantedPackages = Readonly<Record<string, readonly string[]>>

/**
 * Packages with vulnerabilities that the records know, at the edges of their ranges, and some without. Exclusive and
 * inclusive ends, versions before a release, names that are spelled in several ways, several versions of one package.
 */
export const plantedPackages = {
  npm: {
    mongoose: ['6.0.0', '5.13.15', '6.4.6'],
    'loader-utils': ['2.0.2', '1.4.1', '3.2.1'],
    'decode-uri-component': ['0.2.0', '0.2.2'],
    minimatch: ['3.0.4', '3.0.5'],
    '@xmldom/xmldom': ['0.8.1', '0.9.0-beta.1', '0.9.0-beta.4'],
    '@fastify/websocket': ['6.0.0', '5.0.1'],
    jquery: ['3.0.0-rc.1', '3.0.0'],
    'generator-jhipster': ['6.8.0', '6.8.1'],
    'socket.io-parser': ['4.0.4', '3.4.2'],
    'feathers-sequelize': ['6.3.0'],
    electron: ['19.0.0-beta.2', '19.0.0', '18.3.7'],
    'fastest-json-copy': ['1.0.1', '1.0.2'],
  },
  pypi: {
    Django: ['3.2', '4.0b1', '2.2.28'],
    Pillow: ['8.0.0'],
    aiohttp: ['3.7.3'],
    PyYAML: ['5.3'],
    Jinja2: ['2.11.2'],
    requests: ['2.19.0'],
    urllib3: ['1.26.4'],
    Werkzeug: ['2.0.0'],
    setuptools: ['65.5.0'],
    jupyter_server: ['1.0.0'],
    lxml: ['4.6.2'],
    rsa: ['4.5'],
    certifi: ['2024.8.30'],
  },
  golang: {
    'github.com/gin-gonic/gin': ['v1.5.0'],
    'golang.org/x/net': ['v0.7.0'],
    'golang.org/x/crypto': ['v0.0.0-20190308221718-c2843e01d9a2'],
    'gopkg.in/yaml.v2': ['v2.2.2'],
    'github.com/dgrijalva/jwt-go': ['v3.2.0+incompatible'],
    'github.com/gorilla/websocket': ['v1.4.0'],
    'github.com/jackc/pgx/v4': ['v4.18.1'],
    'github.com/sirupsen/logrus': ['v1.8.1'],
    'github.com/miekg/dns': ['v1.1.50'],
  },
  maven: {
    'org.apache.logging.log4j:log4j-core': ['2.14.1', '2.17.1', '2.0-beta9'],
    'org.apache.commons:commons-text': ['1.9', '1.10.0'],
    'org.yaml:snakeyaml': ['1.33', '2.0'],
    'com.fasterxml.jackson.core:jackson-databind': ['2.9.10.8', '2.13.2', '2.13.4.2'],
    'com.google.guava:guava': ['31.1-jre', '31.1-android', '32.0.0-jre'],
    'com.google.protobuf:protobuf-java': ['3.21.6', '3.21.7'],
  },
  cargo: {
    openssl: ['0.8.0', '0.10.50'],
    hyper: ['0.14.9'],
    smallvec: ['1.6.0'],
    tokio: ['1.8.0'],
    time: ['0.1.40', '0.2.23'],
    idna: ['0.5.0'],
    regex: ['1.5.4'],
    zip: ['1.3.0'],
    bytes: ['1.2.0'],
    tar: ['0.4.30'],
  },
  gem: {
    actionpack: ['6.0.3', '7.0.4'],
    rack: ['2.2.3'],
    nokogiri: ['1.10.9'],
    rails: ['5.2.0'],
  },
  composer: {
    'symfony/http-kernel': ['v5.4.19', 'v6.4.0'],
    'twig/twig': ['v2.14.10'],
    'doctrine/annotations': ['v1.2.6'],
    'guzzlehttp/psr7': ['1.8.3'],
  },
} as const satisfies Readonly<Record<string, PlantedPackages>>
