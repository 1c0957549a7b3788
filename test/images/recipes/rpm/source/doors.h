/* How many doors are open, and what they are called. */
int doors_open(void);
const char *door_name(int index);
