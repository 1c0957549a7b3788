<?php
// A server over TLS beside the one over HTTP.
$context = stream_context_create(['ssl' => ['local_cert' => '/srv/app/service.pem']]);
$flags = STREAM_SERVER_BIND | STREAM_SERVER_LISTEN;
$server = stream_socket_server('tls://127.0.0.1:8443', $code, $problem, $flags, $context) or exit("$problem\n");
while (true) {
    $connection = @stream_socket_accept($server, 3600);
    if ($connection === false) continue;
    while (($line = fgets($connection)) !== false && trim($line) !== '');
    fwrite($connection, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 15\r\nConnection: close\r\n\r\nhello over TLS\n");
    fclose($connection);
}
