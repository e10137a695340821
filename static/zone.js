// The organiser's own time zone, where none has been chosen.
for (const field of document.querySelectorAll("[data-own-zone]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !field.value) field.value = zone;
}
