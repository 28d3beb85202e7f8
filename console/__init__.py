"""The staff door: worklists, cases, notices, plan and posts, registers, tickets, audit (web).

How a page is made. A module of this room declares its pages on the one blueprint:

    from console.base import current, door, needs, page, tell

    @door.get("/plan")
    @needs(Role.DISTRICT_CLERK, Role.DISTRICT_APPROVER)      # nobody else; without it: nobody
    def plan_page() -> str:
        seat = current()                                     # who, in which role and place, when
        rows = services.plan.rows(seat.session, seat.region, seat.today)
        return page("plan.html", rows=rows)

and is named in `console.app.PAGES`. What holds without a word of the page's own:

- Closed by default. Nobody gets in without password and code; a page without `needs` lets nobody
  in; `supervision` may look and never post. `needs(*Role)` is every signed-in role.
- One transaction a request, opened by the guard, committed after the view has given its answer,
  rolled back when it raises. Views and services never commit. `transaction()` is for the two pages
  that stand outside the door.
- A view that finds something outside its area raises `Elsewhere(kind, key)`: a sentence, 404, and
  an audit entry. `services.staff.area(seat.region)` is the condition for every query on `Region`.
- `tell("console.saved")` says a phrase on the next page; `look("application", key)` writes who
  looked at whose data on which page; `NAV.append(NavItem(...))` puts a page into the menu.
- Every POST carries `{{ csrf() }}` (see `templates/pieces.html`: fields, tables, dates, due dates).
- `Hindered` and `StaleDataError` that a view lets through become a page that says why, with what
  was typed kept to copy.
"""
