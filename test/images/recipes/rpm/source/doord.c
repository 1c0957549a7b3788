/* Answers over HTTP what libdoors says; the address to listen at is looked up by name. */
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"

int main(void) {
  char name[128] = "", body[512], answer[1024], request[2048];
  FILE *file = fopen("/etc/doord.conf", "r");
  if (!file || fscanf(file, "listen %127s", name) != 1) {
    fputs("doord: /etc/doord.conf names no address\n", stderr);
    return 1;
  }
  fclose(file);
  struct addrinfo *found, hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
  int problem = getaddrinfo(name, "8080", &hints, &found);
  if (problem) {
    fprintf(stderr, "doord: %s: %s\n", name, gai_strerror(problem));
    return 1;
  }
  signal(SIGPIPE, SIG_IGN);
  int on = 1, server = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(server, found->ai_addr, found->ai_addrlen) || listen(server, 16)) {
    perror("doord");
    return 1;
  }
  for (;;) {
    int client = accept(server, NULL, NULL);
    if (client < 0 || read(client, request, sizeof request) <= 0) continue;
    snprintf(body, sizeof body, "%d open: %s\n", doors_open(), door_name(0));
    if (strncmp(request, "GET /status ", 12) == 0) {
      /* popen needs a shell, which nothing in this program names. */
      FILE *program = popen("doorstatus", "r");
      body[fread(body, 1, sizeof body - 1, program)] = 0;
      pclose(program);
    }
    int length = snprintf(answer, sizeof answer,
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
    if (write(client, answer, length) < 0) perror("doord");
    close(client);
  }
}
