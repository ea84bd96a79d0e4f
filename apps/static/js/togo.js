// What every page needs: messages that go away, and dialogs that open. No rule of the product lives here.

document.addEventListener("click", (event) => {
  const dismiss = event.target.closest("[data-dismiss]");
  if (dismiss) dismiss.closest("[data-toast]").remove();

  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    event.preventDefault();
    document.getElementById(opener.dataset.dialog).showModal();
  }
  if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
});

// A click beside a dialog closes it.
document.addEventListener("mousedown", (event) => {
  if (event.target instanceof HTMLDialogElement && event.target.open && event.offsetX < 0) event.target.close();
});

// Messages are shown above an open dialog too.
function raiseMessages() {
  const messages = document.getElementById("messages");
  if (!messages?.childElementCount || !messages.showPopover) return;
  messages.popover = "manual";
  messages.showPopover();
}

document.addEventListener("htmx:oobAfterSwap", raiseMessages);
document.addEventListener("DOMContentLoaded", raiseMessages);
