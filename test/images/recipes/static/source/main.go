// A static HTTP service that greets in the language that the client asks for.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"

	"golang.org/x/text/language"
)

func main() {
	greeting, err := os.ReadFile("/etc/greeting")
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
		if err != nil {
			http.Error(w, "bad language", http.StatusBadRequest)
			return
		}
		fmt.Fprintf(w, "%s, user %d, languages %v\n", strings.TrimSpace(string(greeting)), os.Getuid(), tags)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}
