#include <stdio.h>

const char *paint_colour(void);

int main(void) {
  puts(paint_colour());
  return 0;
}
