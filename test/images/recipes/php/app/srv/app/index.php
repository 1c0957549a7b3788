<?php
header('Content-Type: text/plain;charset=UTF-8');
header_remove('X-Powered-By');

/** The body over TLS; the certificate is verified with what the system trusts. */
function call(): string
{
    $curl = curl_init('https://service.test:8443/');
    curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 10]);
    $body = curl_exec($curl);
    return $body === false ? curl_error($curl) . "\n" : 'it says ' . $body;
}

function query(): string
{
    $database = new PDO('sqlite::memory:');
    $database->exec("CREATE TABLE door (name TEXT, open INTEGER); INSERT INTO door VALUES ('outer', 1), ('inner', 0)");
    return json_encode($database->query('SELECT name FROM door WHERE open')->fetchAll(PDO::FETCH_COLUMN)) . "\n";
}

echo match (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
    '/' => mb_strtoupper("käse\n"),
    '/call' => call(),
    '/stream' => 'it says ' . file_get_contents('https://service.test:8443/'),
    '/name' => gethostbyname('service.test') . "\n",
    '/query' => query(),
    '/extensions' => implode("\n", get_loaded_extensions()) . "\n",
    '/program' => shell_exec('echo from a shell'),
    default => http_response_code(404) . " nothing here\n",
};
