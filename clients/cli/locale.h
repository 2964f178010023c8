/*
 * The person's language.
 */
#ifndef CLIENTS_CLI_LOCALE_H
#define CLIENTS_CLI_LOCALE_H

/* Set the locale and find the catalogue; LANGUAGE ("fr") overrides what the
 * environment says, NULL does not. */
void locale_init(const char *language);

#endif
