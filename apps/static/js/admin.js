// Gives the admin's search fields names for screen readers.

// Runs after the admin's own scripts have created the fields.
window.django?.jQuery?.(() => {
  for (const field of document.querySelectorAll("select.admin-autocomplete")) {
    const box = field.nextElementSibling?.querySelector(".select2-selection");
    if (!box) continue;
    box.setAttribute("aria-label", field.labels[0]?.textContent.trim() ?? field.name);
    box.removeAttribute("aria-labelledby");
    const text = box.querySelector("[role=textbox]");
    text?.removeAttribute("role");
    text?.removeAttribute("aria-readonly");
  }
});
